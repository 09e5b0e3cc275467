"""The app provisions."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    Evidence,
    Family,
    NoParams,
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


@rule(
    id="provisioning-off",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 2",
    evidence="The app's features; without them it cannot tell.",
    remediation="Enable SCIM provisioning in the app's settings and set up the connector.",
    needs={APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """SCIM provisioning is enabled for the app.

    Without it the app only signs people in: nobody is created in Unleash, and nobody who leaves
    is removed from it.
    """
    app = context[APP]
    provisions = push_features.is_provisioning(app)
    if provisions is None:
        yield Unknown(
            subject=app.id, reason=Undecidable(why="Okta does not state the app's features")
        )
    elif not provisions:
        yield Violation(
            subject=app.id,
            message=(
                f"The app {app.label} does not provision at all: nobody is created in Unleash, "
                "and nobody who leaves is removed."
            ),
            evidence=(
                Evidence(
                    collection=str(APP),
                    field="app.features",
                    label="Features",
                    observed=", ".join(sorted(app.features or ())) or "none",
                    expected="SCIM_PROVISIONING, or any PUSH_ feature",
                ),
            ),
            remediation=Remediation(
                steps=(
                    (
                        f"{console_links.app_path(app, console_links.Tab.GENERAL)}: "
                        "provisioning by SCIM."
                    ),
                    "On the Provisioning tab set up the connector as the guide's third step says.",
                ),
                link=console_links.app_page(context.target, app, console_links.Tab.GENERAL),
            ),
        )
