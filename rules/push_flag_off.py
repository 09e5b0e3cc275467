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
    Note,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    push_features,
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
    remediation="Switch it on in both places: in the connector and under To App.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta creates, updates and deactivates people in Unleash, and pushes groups.

    Each of the four can be off in silence, and in either of two places. The one that hurts most
    is deactivation: people leave and keep their way in.
    """
    app = context.get(APP)
    if app and push_features.is_provisioning(app) is False:
        yield NotApplicable(reason=Note(code="provisioning-off"))
        return
    passed: list[tuple[Basis, str]] = []
    for flag in push_features.FLAGS:
        told = push_features.by_capability(context, flag)
        is_on = push_features.by_feature(context, flag) if told is None else told
        if is_on is None:
            undecidable = Undecidable(
                what=flag.switches, why="Okta does not state the app's features"
            )
            missing = context.missing_reason(APP, flag.switches)
            yield Unknown(subject=flag.name, reason=missing or undecidable)
        elif not is_on:
            yield _off(context, flag, by_capability=told is not None)
        elif push_features.has_succeeded(context, flag):
            passed.append((Basis.OBSERVED, flag.name))
        else:
            passed.append((Basis.PROXY if told is None else Basis.REPORTED, flag.name))
    if passed:
        weakest = max((basis for basis, _ in passed), key=STRENGTH.index)
        note = ", ".join(f"{name}: {basis}" for basis, name in passed)
        yield Passed(basis=weakest, note=Note(code="push-flags", about=note))


def _off(context: RuleContext, flag: push_features.Flag, *, by_capability: bool) -> Violation:
    app = context.get(APP)
    return Violation(
        subject=flag.name,
        message=(
            f"Okta's switch to {flag.does} is off: {flag.consequence}. It goes by {flag.switches}."
        ),
        evidence=(
            Evidence(
                collection=str(CAPABILITIES if by_capability else APP),
                field=(
                    f"capabilities.{flag.capability}"
                    if by_capability
                    else f"app.features[{flag.feature}]"
                ),
                label=flag.switches,
                observed="DISABLED" if by_capability else f"no {flag.feature}",
                expected="ENABLED" if by_capability else flag.feature,
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    f"{console_links.app_path(app, console_links.Tab.PROVISIONING)}: "
                    f"switch on {flag.switches}."
                ),
                "Save, then push the people and groups again that were missed meanwhile.",
            ),
            link=console_links.app_page(context.target, app, console_links.Tab.TO_APP),
        ),
    )
