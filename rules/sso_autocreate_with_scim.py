"""One way in creates accounts, not two."""

from collections.abc import Iterator

from auditor.rule import (
    OIDC,
    SAML,
    Collection,
    Evidence,
    Family,
    MissingReason,
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
    sso,
    unleash,
    unleash_settings,
)

WAYS: tuple[tuple[sso.Way, Collection[unleash.SsoSettings], console_links.UnleashPage], ...] = (
    ("saml", SAML, console_links.UnleashPage.SAML),
    ("oidc", OIDC, console_links.UnleashPage.OIDC),
)


@rule(
    id="sso-autocreate-with-scim",
    severity=Severity.MEDIUM,
    family=Family.IDENTIFIER,
    guide="Okta 1",
    evidence="The SAML and OIDC settings of Unleash; a way that was not seen it cannot tell about.",
    remediation="Switch auto-create off for the single sign-on.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """While SCIM is on, no single sign-on creates accounts by itself.

    Both would create and change the same people and override each other's roles; and whoever is
    not assigned in Okta gets in all the same.
    """
    if unleash_settings.is_scim_unsupported(
        context.snapshot
    ) or not unleash_settings.is_scim_enabled(context.snapshot):
        yield NotApplicable(reason=Note(code="scim-off"))
        return
    for way, collection, page in WAYS:
        settings, gap = context.get(collection), context.lacks(collection)
        is_on = sso.is_enabled(context, way)
        creates = settings.auto_create if settings else None
        if (
            is_on is False
            or creates is False
            or (gap and gap.why is MissingReason.NOT_ON_THIS_EDITION)
        ):
            continue
        if is_on is None or creates is None:
            undecidable = Undecidable(why=f"{collection} does not state it")
            reason = context.missing_reason(collection) or undecidable
            yield Unknown(subject=way, reason=reason)
            continue
        yield Violation(
            subject=way,
            message=(
                f"{way.upper()} sign-on creates accounts by itself while SCIM is on: the two "
                "override each other, and people whom nobody assigned get in."
            ),
            evidence=(
                Evidence(
                    collection=str(collection),
                    field=f"{way}.autoCreate",
                    label="Auto-create users",
                    observed="true",
                    expected="false",
                ),
            ),
            remediation=Remediation(
                steps=(
                    f"Unleash: Admin settings > Single sign-on > {way.upper()}.",
                    "Switch off auto-create users and save.",
                ),
                link=console_links.unleash_page(context.target, page),
            ),
        )
