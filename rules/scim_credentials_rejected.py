"""The rule scim-credentials-rejected: Unleash must accept Okta's SCIM token."""

from collections.abc import Iterator, Sequence

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    LOG,
    Basis,
    Cleared,
    Evidence,
    Family,
    NoParams,
    Note,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Undecidable,
    Unknown,
    Violation,
    count,
    event_meanings,
    failure_reasons,
    moment,
    okta,
    rule,
    steps,
    system_log,
)

Proof = event_meanings.EventProof
Reason = failure_reasons.FailureReason
FAILURES = frozenset({Proof.PUSH_FAILED, Proof.GROUP_PUSH_FAILED, Proof.INTEGRATION_FAILED})
INCONCLUSIVE = failure_reasons.UNCLEAR | {Reason.FORBIDDEN}
"""A single 403 can concern one user or the credentials."""

MIN_FORBIDDEN_SUBJECTS = 2
"""A 403 can concern one user; on this number of subjects, it concerns the credentials."""


@rule(
    id="scim-credentials-rejected",
    severity=Severity.CRITICAL,
    family=Family.CONNECTION,
    guide="Okta 3",
    problem="Unleash rejects Okta's SCIM token",
    evidence=(
        "The auditor reads failed authentications, failed credential checks and failed pushes from "
        "the System Log. A push counts if its reason names Unauthorized, 401, 403, or an invalid "
        "or expired token. Only failures after the last successful push count; failures with an "
        "unclear reason are not evaluated."
    ),
    remediation="Enter a valid SCIM token of Unleash in the connector.",
    requires={LOG},
    may_read={APP, ASSIGNMENTS},
    params=NoParams,
    resolves_on_success=True,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Unleash accepts Okta's SCIM token.

    Every push fails while the token is rejected. New users do not arrive and deactivated users
    keep access.
    """
    success = system_log.last_success(context)
    newer = [
        event
        for event in system_log.of_app(context)
        if success is None or event.published_at > success.published_at
    ]
    rejected = _rejections(newer)
    unclear = [
        event
        for event in newer
        if event_meanings.proof_of(event) in FAILURES
        and failure_reasons.classify(event.reason) in INCONCLUSIVE
    ]
    elsewhere = [
        event
        for event in system_log.of_unknown_app(context)
        if event_meanings.proof_of(event) in FAILURES
        # Only the certain reason: less would let failures of another app hide the state of this
        # one.
        and failure_reasons.classify(event.reason) is Reason.UNAUTHORIZED
        and (success is None or event.published_at > success.published_at)
    ]
    if rejected:
        yield _violation(context, rejected, success)
    elif elsewhere:
        pushes = count(len(elsewhere), "push was", "pushes were")
        why = (
            f"{pushes} rejected as unauthorized, and the System Log names an app user, but not its "
            "app"
        )
        yield Unknown(subject=context.target.app_id, reason=Undecidable(why=why))
    elif unclear:
        pushes = count(len(unclear), "push", "pushes")
        why = f"{pushes} failed without a clear reason, and no push succeeded after that"
        yield Unknown(subject=context.target.app_id, reason=Undecidable(why=why))
    elif success:
        note = Note(code="pushed", at=success.published_at)
        yield Passed(basis=Basis.OBSERVED, note=note)
        yield Cleared(subjects=frozenset({context.target.app_id}))
    else:
        # No failure is not a success: the pass has the basis "proxy", and no finding is cleared.
        log = context[LOG]
        is_silent = not any(event_meanings.proof_of(event) in FAILURES for event in newer)
        code = "no-connector-event" if is_silent else "no-credential-failure"
        note = Note(code=code, at=log.complete_since or log.since)
        yield Passed(basis=Basis.PROXY, note=note)


def _rejections(events: Sequence[okta.LogEvent]) -> list[okta.LogEvent]:
    """Return the events that show rejected credentials.

    A 403 counts on two or more subjects, or together with a failed credential check.
    """
    certain, forbidden = list[okta.LogEvent](), list[okta.LogEvent]()
    for event in events:
        proof = event_meanings.proof_of(event)
        reason = failure_reasons.classify(event.reason)
        if proof is Proof.CREDENTIALS_REJECTED or (
            proof in FAILURES and reason is Reason.UNAUTHORIZED
        ):
            certain.append(event)
        elif proof in FAILURES and reason is Reason.FORBIDDEN:
            forbidden.append(event)
    subjects = {
        target.id for event in forbidden for target in event.targets if target.type != "AppInstance"
    }
    if certain or len(subjects) >= MIN_FORBIDDEN_SUBJECTS:
        certain += forbidden
    return sorted(certain, key=lambda event: event.published_at)


def _violation(
    context: RuleContext, rejected: Sequence[okta.LogEvent], success: okta.LogEvent | None
) -> Violation:
    paths, first, last = Steps(context.snapshot), rejected[0], rejected[-1]
    quote = f': "{last.reason}"' if last.reason else ""
    return Violation(
        subject=context.target.app_id,
        message=(
            f"Unleash has rejected Okta's SCIM token since {moment(first.published_at)}: "
            f"{count(len(rejected), 'failure')} and no successful push after that. No user is "
            "created, updated or deactivated."
        ),
        evidence=(
            Evidence.of(
                LOG,
                first.type,
                "Credential failures since the last successful push",
                observed=f"{len(rejected)}, the latest on {moment(last.published_at)}{quote}",
                expected="None",
            ),
            Evidence.of(
                LOG,
                "outcome",
                "Last successful push",
                observed=moment(success.published_at) if success else "None in the System Log",
                expected="Newer than the last failure",
            ),
        ),
        since=first.published_at,
        remediation=Remediation(
            steps=(
                f"{paths.integration} > Edit. Select Test Connector Configuration.",
                (
                    f"If the test fails: {steps.SCIM_PATH} > Generate new token. The old token is "
                    "revoked at once."
                ),
                (
                    f"{paths.integration} > Edit. Enter the new token under HTTP Header > "
                    "Authorization, test and save."
                ),
                paths.retry,
                (
                    "If no task was waiting: Okta: Push Groups > a group > Push now, so that a "
                    "success closes this finding."
                ),
                (
                    "The finding resolves with the next successful push, not when the token is "
                    "saved. Completing a task by hand does not resolve it."
                ),
            ),
            link=paths.link(Tab.INTEGRATION),
        ),
    )
