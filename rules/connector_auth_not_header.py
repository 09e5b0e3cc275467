"""Okta signs in to Unleash in the one way that Unleash knows."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    CONNECTION,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Violation,
    attestation_result,
    console_links,
    contradicting_attestation,
    rule,
)

RULE = "connector-auth-not-header"


@rule(
    id=RULE,
    severity=Severity.MEDIUM,
    family=Family.CONNECTION,
    guide="Okta 3",
    evidence=(
        "The connector's authentication where Okta tells it, which it does for few kinds of app; "
        "for the others somebody has to look and attest it."
    ),
    remediation=(
        "Set the connector's authentication mode to HTTP Header, with Unleash's SCIM token."
    ),
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """The connector authenticates by HTTP Header, with Unleash's SCIM token.

    Unleash takes its SCIM token in the Authorization header and nothing else.
    """
    connection = context.get(CONNECTION)
    scheme = connection.auth_scheme if connection else None
    app = context.get(APP)
    place = console_links.app_path(app, console_links.Tab.INTEGRATION)
    if scheme in {None, "UNKNOWN"}:
        yield attestation_result(
            context,
            "connector-auth-not-header",
            context.target.app_id,
            f"Look at {place}: the authentication mode must be HTTP Header.",
        )
    elif scheme != "TOKEN":
        yield Violation(
            subject=context.target.app_id,
            message=(
                f"Okta's connector authenticates by {scheme}, not by HTTP Header: Unleash takes "
                "its SCIM token in that header only."
                f"{contradicting_attestation(context, RULE, context.target.app_id)}"
            ),
            evidence=(
                Evidence(
                    collection=str(CONNECTION),
                    field="connection.authScheme",
                    label="Authentication mode",
                    observed=str(scheme),
                    expected="TOKEN (HTTP Header)",
                ),
            ),
            remediation=Remediation(
                steps=(
                    f"{place}: choose HTTP Header and enter Unleash's SCIM token.",
                    "Test the connector and save.",
                ),
                link=console_links.app_page(context.target, app, console_links.Tab.INTEGRATION),
            ),
        )
