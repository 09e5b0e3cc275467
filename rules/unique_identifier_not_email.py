"""Okta and Unleash mean the same person."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    Family,
    NoParams,
    Result,
    RuleContext,
    Severity,
    attestation_result,
    console_links,
    rule,
)


@rule(
    id="unique-identifier-not-email",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 3",
    evidence="No API shows it: somebody has to look and attest it.",
    remediation="Set the connector's unique identifier field for users to email.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """The connector's unique identifier field for users is email.

    By that field Okta asks whether somebody is already in Unleash. With another one it does not
    find people who are there, and their accounts are doubled or never updated.
    """
    place = console_links.app_path(context.get(APP), console_links.Tab.INTEGRATION)
    yield attestation_result(
        context,
        "unique-identifier-not-email",
        context.target.app_id,
        f"Look at {place}: the unique identifier field for users must be email.",
    )
