"""The rule provisioning-off: SCIM provisioning must be enabled in the Okta app."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    INSTANCE,
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
    moment,
    okta,
    push_features,
    rule,
    steps,
)


@rule(
    id="provisioning-off",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 2",
    problem="SCIM provisioning is off in the Okta app",
    evidence=(
        "The auditor reads the app's features and the System Log. The rule fails if no SCIM or "
        "push feature is present and no push succeeded since the app last changed. It is not "
        "evaluated when features and log contradict each other."
    ),
    remediation="Enable SCIM provisioning in the app and set up the connector.",
    requires={APP},
    may_read={INSTANCE, LOG},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """SCIM provisioning is enabled in the Okta app.

    Without SCIM provisioning, the app only signs users in. Okta creates no accounts in Unleash and
    removes none.
    """
    app = context[APP]
    shown = push_features.shows_provisioning(context)
    if shown is None:
        why = "Okta's answer contains no features of the app"
        yield Unknown(subject=app.id, reason=Undecidable(why=why))
    # Features can lack the flags of an app that pushes (terraform-provider-okta #710).
    elif not shown and (push := push_features.contradicting_push(context)):
        features = ", ".join(sorted(app.features or ())) or "none"
        why = (
            f"the app's features show no provisioning ({features}), but a push succeeded "
            f"{push_features.when_pushed(context, push)}"
        )
        yield Unknown(subject=app.id, reason=Undecidable(why=why))
    elif not shown:
        yield _violation(context, app)


def _violation(context: RuleContext, app: okta.App) -> Violation:
    paths = Steps(context.snapshot)
    since = f" since {moment(app.updated_at)}" if app.updated_at else ""
    return Violation(
        subject=app.id,
        message=(
            f"SCIM provisioning is off for {app.label}. Okta creates, updates and deactivates no "
            "users in Unleash."
        ),
        evidence=(
            Evidence.of(
                APP,
                "app.features",
                "Provisioning features of the app",
                observed="None",
                expected="SCIM provisioning, or at least one push feature",
            ),
            Evidence.of(
                APP,
                "app.features",
                "Successful pushes since the app last changed",
                observed=f"None{since}",
                expected="—",
            ),
        ),
        remediation=Remediation(
            steps=(
                f"{paths.general} > App Settings > Edit. Select SCIM under Provisioning and save.",
                (
                    f'{paths.integration} > Edit. Set "SCIM connector base URL" to '
                    f"{paths.endpoint} and the unique identifier to `email`."
                ),
                "On the same page, select Push New Users, Push Profile Updates and Push Groups.",
                (
                    'On the same page, set "Authentication Mode" to HTTP Header and enter the SCIM '
                    "token of Unleash."
                ),
                steps.TEST_CONNECTOR,
                (
                    f"{paths.to_app} > Edit. Enable Create Users, Update User Attributes and "
                    "Deactivate Users. Save."
                ),
                f"{paths.assignments}. Select Provision User for users who were assigned before.",
            ),
            link=paths.link(Tab.GENERAL),
        ),
    )
