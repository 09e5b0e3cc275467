"""The app is one that the guide can work with."""

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

USABLE = frozenset({"AUTO_LOGIN", "BROWSER_PLUGIN", "SECURE_PASSWORD_STORE", "SAML_2_0"})
"""The three forms of Secure Web Authentication, and SAML: what Okta offers SCIM for."""


@rule(
    id="app-not-usable",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 1",
    evidence=(
        "The app's status and sign-on mode. Another mode than SWA or SAML counts only while the "
        "app shows neither SCIM nor a push. A field that Okta leaves out it cannot tell about."
    ),
    remediation="Activate the app, or create one with SWA or SAML sign-on.",
    needs={APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """The app is active, and of a kind that can provision.

    A deactivated app pushes nothing, removals included. Okta offers SCIM for apps with SWA or
    SAML sign-on; on others the guide's switches do not exist.
    """
    app = context[APP]
    provisions = push_features.is_provisioning(app)
    if app.status not in {None, "ACTIVE"}:
        yield Violation(
            subject=app.id,
            message=f"The app {app.label} is {app.status}: nothing is pushed, removals included.",
            evidence=(
                Evidence(
                    collection=str(APP),
                    field="app.status",
                    label="App status",
                    observed=str(app.status),
                    expected="ACTIVE",
                ),
            ),
            remediation=Remediation(
                steps=(f"{console_links.app_path(app, console_links.Tab.GENERAL)}: activate it.",),
                link=console_links.app_page(context.target, app, console_links.Tab.GENERAL),
                api=f"POST /api/v1/apps/{app.id}/lifecycle/activate",
            ),
        )
    elif app.sign_on_mode not in {None, *USABLE} and provisions is False:
        yield Violation(
            subject=app.id,
            message=f"{app.label} signs on by {app.sign_on_mode}, for which Okta has no SCIM.",
            evidence=(
                Evidence(
                    collection=str(APP),
                    field="app.signOnMode",
                    label="Sign-on mode",
                    observed=str(app.sign_on_mode),
                    expected=", ".join(sorted(USABLE)),
                ),
            ),
            remediation=Remediation(
                steps=("Okta: create an app with SWA or SAML 2.0 sign-on, and assign people.",),
                link=console_links.app_page(context.target, app, console_links.Tab.SIGN_ON),
            ),
        )
    elif app.status is None or (app.sign_on_mode not in USABLE and provisions is None):
        yield Unknown(
            subject=app.id,
            reason=Undecidable(
                why="Okta does not state the app's status, sign-on mode or features"
            ),
        )
