"""The rule connector-auth-not-header: the SCIM connector must use HTTP Header."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    CONNECTION,
    PEOPLE_COLLECTIONS,
    Basis,
    Evidence,
    Family,
    NoParams,
    Note,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Violation,
    attestation_result,
    connector_proof,
    contradicting_attestation,
    rule,
    steps,
)

RULE = "connector-auth-not-header"
TOKEN = "TOKEN"  # noqa: S105  (the name of an authentication scheme)


@rule(
    id=RULE,
    severity=Severity.MEDIUM,
    family=Family.CONNECTION,
    guide="Okta 3",
    problem="The SCIM connector does not use HTTP Header",
    evidence=(
        "The auditor reads the connector's authentication where Okta exposes it; most custom apps "
        "need an attestation. The value UNKNOWN is not evidence."
    ),
    remediation="Set the connector's authentication mode to HTTP Header.",
    may_read=PEOPLE_COLLECTIONS | {APP, CONNECTION},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """The SCIM connector authenticates with HTTP Header.

    Unleash expects its SCIM token as a bearer token in the Authorization header. With another
    mode, Okta's pushes can fail.
    """
    connection = context.get(CONNECTION)
    scheme = connection.auth_scheme if connection else None
    paths, app_id = Steps(context.snapshot), context.target.app_id
    if scheme == TOKEN:
        yield Passed(basis=Basis.REPORTED)
    # Okta answers UNKNOWN for an app whose connector it does not expose (recorded).
    elif scheme not in {None, "UNKNOWN"}:
        yield _violation(context, str(scheme))
    elif connector_proof.linked_since_app_changed(context):
        yield Passed(basis=Basis.PROXY, note=Note(code="linked-after-change"))
    else:
        todo = (
            f"Open {paths.integration}. The authentication mode must be HTTP Header. Then add an "
            f"attestation for `{RULE}`."
        )
        yield attestation_result(context, RULE, app_id, todo)


def _violation(context: RuleContext, scheme: str) -> Violation:
    paths, app_id = Steps(context.snapshot), context.target.app_id
    name = {"OAUTH2": "OAuth 2.0"}.get(scheme, scheme)
    return Violation(
        subject=app_id,
        message=(
            f"The SCIM connector authenticates with {name}, not with HTTP Header. Unleash expects "
            "its token in the Authorization header, so pushes can fail."
            f"{contradicting_attestation(context, RULE, app_id)}"
        ),
        evidence=(
            Evidence.of(
                CONNECTION,
                "connection.authScheme",
                "Authentication mode of the connector",
                observed=name,
                expected="HTTP Header",
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    f'{paths.integration} > Edit. Set "Authentication Mode" to HTTP Header and '
                    "enter the SCIM token of Unleash."
                ),
                steps.TEST_CONNECTOR,
                paths.retry,
            ),
            link=paths.link(Tab.INTEGRATION),
        ),
    )
