"""Unleash listens."""

from collections.abc import Iterator

from auditor.rule import (
    SCIM,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Remedy,
    Result,
    Severity,
    Violation,
    World,
    console,
    rule,
    scim,
)


@rule(
    id="scim-disabled",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Unleash 2",
    evidence="The SCIM settings, else the instance's statistics; without both it cannot tell.",
    remedy="Switch SCIM on in Unleash.",
    params=NoParams,
)
def check(world: World, _: NoParams) -> Iterator[Result]:
    """SCIM is switched on in Unleash.

    While it is off Okta's pushes fail: nobody arrives, nobody who leaves is removed, and
    accounts that SCIM managed can be edited by hand.
    """
    if scim.is_unsupported(world):
        yield NotApplicable(because="this edition of Unleash has no SCIM; see unleash-too-old")
    elif not scim.is_enabled(world):
        yield Violation(
            subject="instance",
            message=(
                "SCIM is switched off in Unleash: nothing that Okta pushes arrives, and nobody "
                "who leaves is removed."
            ),
            evidence=(
                Evidence(collection=str(SCIM), field="enabled", seen="false", wanted="true"),
            ),
            remedy=Remedy(
                steps=(
                    "Unleash: Admin settings > Single sign-on > SCIM: switch it on and save.",
                    "Do not generate a new token unless the old one is lost: that revokes it.",
                ),
                link=console.unleash_page(world.target, console.Page.SCIM),
            ),
        )
