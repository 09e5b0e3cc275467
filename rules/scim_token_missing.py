"""Unleash knows a token that Okta can present."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    SCIM,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Note,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    rule,
    unleash_settings,
)


@rule(
    id="scim-token-missing",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Unleash 2",
    evidence="The SCIM settings; nothing else tells whether there is a token.",
    remediation="Generate a SCIM token in Unleash and give it to the connector in Okta.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Where SCIM is on, Unleash holds a SCIM token.

    Without one no connector can sign in, whatever Okta's side looks like.
    """
    if unleash_settings.is_scim_unsupported(context.snapshot):
        yield NotApplicable(reason=Note(code="no-scim"))
    elif not unleash_settings.is_scim_enabled(context.snapshot):
        yield NotApplicable(reason=Note(code="scim-off"))
    elif context[SCIM].has_token is None:
        reason = Undecidable(why=f"{SCIM} does not state whether a token exists")
        yield Unknown(subject="instance", reason=reason)
    elif not context[SCIM].has_token:
        path = console_links.app_path(context.get(APP), console_links.Tab.INTEGRATION)
        yield Violation(
            subject="instance",
            message="SCIM is on in Unleash, but there is no token: Okta cannot sign in to push.",
            evidence=(
                Evidence(
                    collection=str(SCIM),
                    field="scim.hasToken",
                    label="SCIM token",
                    observed="false",
                    expected="true",
                ),
            ),
            remediation=Remediation(
                steps=(
                    "Unleash: Admin settings > Single sign-on > SCIM: generate a token.",
                    f"{path}: enter it.",
                    "Test the connector and save.",
                ),
                link=console_links.unleash_page(context.target, console_links.UnleashPage.SCIM),
            ),
        )
