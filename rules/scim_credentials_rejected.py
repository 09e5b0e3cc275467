"""Unleash lets the connector in."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    LOG,
    Cleared,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Violation,
    console_links,
    okta,
    rule,
    system_log,
)


@rule(
    id="scim-credentials-rejected",
    severity=Severity.CRITICAL,
    family=Family.CONNECTION,
    guide="Okta 3",
    evidence=(
        "The System Log: authentication failures of the connector that are newer than anything it "
        "did with success. Only such a success closes it; without the log it cannot tell."
    ),
    remediation="Give the connector a valid SCIM token of Unleash.",
    needs={LOG},
    params=NoParams,
    sticky=True,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Unleash accepts the token that Okta's connector presents.

    With a rejected token every push fails, unnoticed by all who do not read the log: from that
    moment on nobody arrives, and people who leave keep their way in.
    """
    events = tuple(system_log.of_app(context))
    reached = [event for event in events if _is_success(event)]
    failed = [
        event
        for event in events
        if event.type == system_log.AUTHENTICATION_FAILURE
        and (not reached or event.published_at > reached[-1].published_at)
    ]
    if failed:
        yield _breach(context, failed)
    elif reached:
        yield Cleared(subject=context.target.app_id)


def _is_success(event: okta.LogEvent) -> bool:
    return event.type in system_log.REACHED and event.result == system_log.SUCCESS


def _breach(context: RuleContext, failed: list[okta.LogEvent]) -> Violation:
    app, first = context.get(APP), failed[0]
    place = console_links.app_path(app, console_links.Tab.INTEGRATION)
    return Violation(
        subject=context.target.app_id,
        message=(
            f"Unleash rejects the token of Okta's connector: {len(failed)} failures since the last "
            "success. Nothing is pushed, removals included."
        ),
        evidence=(
            Evidence(
                collection=str(LOG),
                field=first.type,
                observed=f"event {first.id} and {len(failed) - 1} more",
                expected="a success after them",
            ),
        ),
        since=first.published_at,
        remediation=Remediation(
            steps=(
                f"{place}: test the connector.",
                "If it fails, generate a new SCIM token in Unleash, which revokes the old one.",
                f"{place}: enter the new one and save.",
                "Retry the pushes that failed: Okta: Dashboard > Tasks.",
            ),
            link=console_links.app_page(context.target, app, console_links.Tab.INTEGRATION),
        ),
    )
