"""Unleash listens."""

from collections.abc import Iterator

from auditor.rule import (
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
    Violation,
    console_links,
    rule,
    unleash_settings,
)


@rule(
    id="scim-disabled",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Unleash 2",
    evidence="The SCIM settings, else the instance's statistics; without both it cannot tell.",
    remediation="Switch SCIM on in Unleash.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """SCIM is switched on in Unleash.

    While it is off Okta's pushes fail: nobody arrives, nobody who leaves is removed, and
    accounts that SCIM managed can be edited by hand.
    """
    if unleash_settings.is_scim_unsupported(context.snapshot):
        yield NotApplicable(reason=Note(code="no-scim"))
    elif not unleash_settings.is_scim_enabled(context.snapshot):
        yield Violation(
            subject="instance",
            message=(
                "SCIM is switched off in Unleash: nothing that Okta pushes arrives, and nobody "
                "who leaves is removed."
            ),
            evidence=(
                Evidence(
                    collection=str(SCIM),
                    field="scim.enabled",
                    label="SCIM",
                    observed="false",
                    expected="true",
                ),
            ),
            remediation=Remediation(
                steps=(
                    "Unleash: Admin settings > Single sign-on > SCIM: switch it on and save.",
                    "Do not generate a new token unless the old one is lost: that revokes it.",
                ),
                link=console_links.unleash_page(context.target, console_links.UnleashPage.SCIM),
            ),
        )
