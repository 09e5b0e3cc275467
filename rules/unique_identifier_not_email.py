"""The rule unique-identifier-not-email: the SCIM connector must find users by email."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    Family,
    NoParams,
    Result,
    RuleContext,
    Severity,
    Steps,
    attestation_result,
    rule,
)

RULE = "unique-identifier-not-email"


@rule(
    id=RULE,
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 3",
    problem="The SCIM unique identifier is not email",
    evidence=(
        "No public API exposes this field of a custom SCIM app. The rule needs an attestation. "
        "Without one it neither passes nor alerts."
    ),
    remediation="Set the connector's unique identifier field for users to email.",
    may_read={APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """The SCIM connector's unique identifier field is email.

    Okta uses this field to find an existing account in Unleash. With another field, Okta can miss
    the account and create a second one.
    """
    todo = (
        f'Open {Steps(context.snapshot).integration}. The field "Unique identifier field for '
        'users" must be email. Then attest it.'
    )
    yield attestation_result(context, RULE, context.target.app_id, todo)
