"""Okta does all four things that provisioning is for."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    CAPABILITIES,
    Basis,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Passed,
    Remedy,
    Result,
    Severity,
    Unknown,
    Violation,
    World,
    console,
    pushes,
    rule,
)

STRENGTH = (Basis.OBSERVED, Basis.REPORTED, Basis.PROXY)


@rule(
    id="push-flag-off",
    severity=Severity.HIGH,
    family=Family.PUSH_FLAGS,
    guide="Okta 3, 4",
    evidence=(
        "The app's capabilities where Okta tells them, else its features: one that is absent is "
        "off; one that is there passes by proxy, or as observed when such a push has succeeded "
        "since the app last changed. Without both it cannot tell."
    ),
    remedy="Switch it on in both places: in the connector and under To App.",
    params=NoParams,
)
def check(world: World, _: NoParams) -> Iterator[Result]:
    """Okta creates, updates and deactivates people in Unleash, and pushes groups.

    Each of the four can be off in silence, and in either of two places. The one that hurts most
    is deactivation: people leave and keep their way in.
    """
    app = world.get(APP)
    if app and pushes.is_provisioning(app) is False:
        yield NotApplicable(because="the app does not provision at all; see provisioning-off")
        return
    passed: list[tuple[Basis, str]] = []
    for flag in pushes.FLAGS:
        told = pushes.by_capability(world, flag)
        is_on = pushes.by_feature(world, flag) if told is None else told
        if is_on is None:
            why = world.lacks(APP) or "the app does not tell its features"
            yield Unknown(subject=flag.name, because=f"{flag.switches}: {why}")
        elif not is_on:
            yield _off(world, flag, by_capability=told is not None)
        elif pushes.has_succeeded(world, flag):
            passed.append((Basis.OBSERVED, flag.name))
        else:
            passed.append((Basis.PROXY if told is None else Basis.REPORTED, flag.name))
    if passed:
        weakest = max((basis for basis, _ in passed), key=STRENGTH.index)
        note = ", ".join(f"{name}: {basis}" for basis, name in passed)
        yield Passed(basis=weakest, note=note)


def _off(world: World, flag: pushes.Flag, *, by_capability: bool) -> Violation:
    app = world.get(APP)
    return Violation(
        subject=flag.name,
        message=f"Okta's switch to {flag.does} is off: {flag.harm}. It goes by {flag.switches}.",
        evidence=(
            Evidence(
                collection=str(CAPABILITIES if by_capability else APP),
                field=flag.capability if by_capability else "features",
                seen="DISABLED" if by_capability else f"no {flag.feature}",
                wanted="ENABLED" if by_capability else flag.feature,
            ),
        ),
        remedy=Remedy(
            steps=(
                f"{console.app_path(app, console.Tab.PROVISIONING)}: switch on {flag.switches}.",
                "Save, then push the people and groups again that were missed meanwhile.",
            ),
            link=console.app_page(world.target, app, console.Tab.TO_APP),
        ),
    )
