"""One way in creates accounts, not two."""

from collections.abc import Iterator

from auditor.rule import (
    OIDC,
    SAML,
    Collection,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Remedy,
    Result,
    Severity,
    Unknown,
    Violation,
    Why,
    World,
    console,
    rule,
    scim,
    sso,
    unleash,
)

WAYS: tuple[tuple[sso.Way, Collection[unleash.SsoSettings], console.Page], ...] = (
    ("saml", SAML, console.Page.SAML),
    ("oidc", OIDC, console.Page.OIDC),
)


@rule(
    id="sso-autocreate-with-scim",
    severity=Severity.MEDIUM,
    family=Family.IDENTIFIER,
    guide="Okta 1",
    evidence="The SAML and OIDC settings of Unleash; a way that was not seen it cannot tell about.",
    remedy="Switch auto-create off for the single sign-on.",
    params=NoParams,
)
def check(world: World, _: NoParams) -> Iterator[Result]:
    """While SCIM is on, no single sign-on creates accounts by itself.

    Both would create and change the same people and override each other's roles; and whoever is
    not assigned in Okta gets in all the same.
    """
    if scim.is_unsupported(world) or not scim.is_enabled(world):
        yield NotApplicable(because="SCIM is not on")
        return
    for way, collection, page in WAYS:
        settings, gap = world.get(collection), world.lacks(collection)
        is_on = sso.is_enabled(world, way)
        creates = settings.auto_create if settings else None
        if is_on is False or creates is False or (gap and gap.why is Why.NOT_ON_THIS_EDITION):
            continue
        if is_on is None or creates is None:
            yield Unknown(subject=way, because=f"{collection}: {gap or 'does not tell'}")
            continue
        yield Violation(
            subject=way,
            message=(
                f"{way.upper()} sign-on creates accounts by itself while SCIM is on: the two "
                "override each other, and people whom nobody assigned get in."
            ),
            evidence=(
                Evidence(
                    collection=str(collection), field="autoCreate", seen="true", wanted="false"
                ),
            ),
            remedy=Remedy(
                steps=(
                    f"Unleash: Admin settings > Single sign-on > {way.upper()}.",
                    "Switch off auto-create users and save.",
                ),
                link=console.unleash_page(world.target, page),
            ),
        )
