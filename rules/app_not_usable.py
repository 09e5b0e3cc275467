"""The rule app-not-usable: the Okta app must be active and able to use SCIM."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    LOG,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Undecidable,
    Unknown,
    Violation,
    okta,
    push_features,
    rule,
)

SIGN_ON_METHODS = {
    "AUTO_LOGIN": "SWA",
    "BROWSER_PLUGIN": "SWA",
    "SECURE_PASSWORD_STORE": "SWA",
    "SAML_1_1": "SAML 1.1",
    "SAML_2_0": "SAML 2.0",
    "OPENID_CONNECT": "OpenID Connect",
}
"""Sign-on modes to which Okta can add SCIM, as readers see them."""

MODES_WITHOUT_SCIM = frozenset({"BASIC_AUTH", "BOOKMARK", "WS_FEDERATION"})
"""The other sign-on modes of Okta's API. A mode that Okta adds later may have SCIM."""

NOT_ACTIVE = frozenset({"INACTIVE", "DELETED"})


@rule(
    id="app-not-usable",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 1",
    problem="The Okta app cannot provision users",
    problems={"inactive": "The Okta app is inactive", "no-scim": "The Okta app shows no SCIM"},
    evidence=(
        "The auditor reads the app's status, sign-on mode and features, and the System Log. SWA, "
        "SAML and OIDC apps can have SCIM; another sign-on mode fails only if the app shows no "
        "sign of SCIM. The rule is not evaluated while status, sign-on mode or features are "
        "missing."
    ),
    remediation="Activate the app, or create a SWA app for SCIM.",
    requires={APP},
    may_read={LOG},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """The Okta app is active and supports SCIM.

    An inactive app pushes no changes: new users do not arrive and deactivated users keep access.
    An app without SCIM has no provisioning settings to configure.
    """
    app = context[APP]
    shows_scim = push_features.shows_provisioning(context)
    # Features can lack the flags of an app that pushes (terraform-provider-okta #710).
    if shows_scim is False and push_features.contradicting_push(context):
        shows_scim = True
    # First, because an inactive app pushes nothing, with or without SCIM.
    if app.status in NOT_ACTIVE:
        yield _inactive(context, app)
    elif app.sign_on_mode in MODES_WITHOUT_SCIM and shows_scim is False:
        yield _without_scim(context, app)
    elif app.status not in {None, "ACTIVE"}:
        why = f"the app status {app.status} is unknown"
        yield Unknown(subject=app.id, reason=Undecidable(why=why))
    # A sign-on mode that can have SCIM decides without the features.
    elif app.status is None or (app.sign_on_mode not in SIGN_ON_METHODS and shows_scim is None):
        why = "Okta's answer contains no status, sign-on mode or features of the app"
        yield Unknown(subject=app.id, reason=Undecidable(why=why))
    elif app.sign_on_mode not in {*SIGN_ON_METHODS, *MODES_WITHOUT_SCIM} and not shows_scim:
        mode = app.sign_on_mode or "none"
        why = f"the app shows no SCIM, and its sign-on mode ({mode}) does not show whether it can"
        yield Unknown(subject=app.id, reason=Undecidable(why=why))


def _inactive(context: RuleContext, app: okta.App) -> Violation:
    steps, status = Steps(context.snapshot), (app.status or "").lower()
    return Violation(
        subject=app.id,
        kind="inactive",
        message=(
            f"The Okta app {app.label} is {status}. Okta pushes no changes to Unleash, "
            "deactivations included."
        ),
        evidence=(
            Evidence.of(
                APP, "app.status", "App status", observed=status.capitalize(), expected="Active"
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    f"Okta: Applications > Applications > Inactive > {app.label}. Select Activate "
                    "in the status menu."
                ),
                steps.retry,
            ),
            link=steps.link(Tab.GENERAL),
            api=f"POST /api/v1/apps/{app.id}/lifecycle/activate",
        ),
    )


def _without_scim(context: RuleContext, app: okta.App) -> Violation:
    mode = app.sign_on_mode or ""
    method = {"BOOKMARK": "a bookmark link"}.get(mode, mode)
    return Violation(
        subject=app.id,
        kind="no-scim",
        message=(
            f"This app shows no SCIM: {app.label} uses {method} and has no provisioning feature. "
            "Okta pushes no users to Unleash."
        ),
        evidence=(
            Evidence.of(
                APP,
                "app.signOnMode",
                "Sign-on method",
                observed=f"{method.removeprefix('a ').capitalize()}, no provisioning feature",
                expected="SWA, SAML 2.0 or OpenID Connect with SCIM",
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    "Okta: Applications > Applications > Create App Integration > SWA - Secure Web "
                    "Authentication. With OIDC sign-on, this app is used for SCIM only."
                ),
                "Enter the app name and the login page URL of Unleash.",
                "Enable SCIM in the app; see `provisioning-off`. Assign the users.",
                "Set the id of the new app in `target.okta.app_id`.",
            ),
            link=Steps(context.snapshot).link(Tab.SIGN_ON),
        ),
    )
