"""What Okta sends arrives."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    LOG,
    Affected,
    Cleared,
    Collection,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Unknown,
    Violation,
    console_links,
    okta,
    rule,
    system_log,
)

_FAILURE = "FAILURE"
_PUSHES = system_log.REACHED - system_log.GROUP_PUSHED - {system_log.VERIFIED}


@rule(
    id="provisioning-error",
    severity=Severity.MEDIUM,
    family=Family.RECONCILIATION,
    guide="effect",
    evidence=(
        "Assignments whose sync is in error or whose push has been queued for longer than the "
        "grace period, and failed pushes in the log with nothing newer that succeeded. It stays "
        "until a push of that person succeeds. Without the log it cannot tell about pushes."
    ),
    remediation="Mend the reason that the log gives, then retry under Dashboard > Tasks.",
    needs={ASSIGNMENTS},
    params=NoParams,
    sticky=True,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every push of a person into Unleash succeeds in the end.

    A failed push is not repeated for ever: Okta shows a task that nobody looks at, and the
    person stays as they were, with the access of yesterday or with none.
    """
    log = context.get(LOG)
    if missing := context.missing_reason(LOG):
        yield Unknown(reason=missing)
    pushes = _last_pushes(context)
    for assignment in context[ASSIGNMENTS]:
        push = pushes.pop(assignment.user_id, None)
        if trouble := _trouble(context, assignment, push):
            yield _stuck(context, assignment.user_id, assignment.label, trouble)
        elif log and (push or _is_newly_in_order(assignment, log.since)):
            yield Cleared(subject=assignment.user_id)
    for user_id, push in pushes.items():
        if push.result == system_log.SUCCESS:
            yield Cleared(subject=user_id)
        else:
            name = next((each.name for each in push.targets if each.id == user_id), None)
            yield _stuck(context, user_id, name or user_id, _failure(push))


class _Trouble(NamedTuple):
    seen: str
    collection: Collection[Any]
    since: datetime | None
    within_grace: bool = False


def _last_pushes(context: RuleContext) -> dict[str, okta.LogEvent]:
    """Return the last push of each person that succeeded or failed, by Okta user id."""
    return {
        user_id: event
        for event in system_log.of_app(context)
        if event.type in _PUSHES and event.result in {system_log.SUCCESS, _FAILURE}
        if (user_id := system_log.person_of(event))
    }


def _trouble(
    context: RuleContext, assignment: okta.Assignment, push: okta.LogEvent | None
) -> _Trouble | None:
    arrived_at = _arrived_at(assignment)
    if push and push.result == _FAILURE and not (arrived_at and arrived_at > push.published_at):
        return _failure(push)
    if assignment.sync_state == "ERROR":
        return _Trouble("sync state ERROR", ASSIGNMENTS, None)
    if assignment.status == "STAGED" and assignment.state is okta.AssignmentStatus.ON_THE_WAY:
        since = assignment.status_changed_at or assignment.created_at
        if since is None or context.at - since > context.grace:
            return _Trouble("STAGED: the push is queued", ASSIGNMENTS, since, since is None)
    return None


def _failure(push: okta.LogEvent) -> _Trouble:
    seen = f"{push.type}: {push.reason or 'failed, no reason given'}"
    return _Trouble(seen, LOG, push.published_at)


def _arrived_at(assignment: okta.Assignment) -> datetime | None:
    """Return when the app took the person, as far as the assignment says."""
    is_there = assignment.is_active and assignment.external_id
    return assignment.status_changed_at if is_there else None


def _is_newly_in_order(assignment: okta.Assignment, log_since: datetime) -> bool:
    """Tell whether something newer than any failure before the log begins went well."""
    arrived_at = _arrived_at(assignment)
    is_new = arrived_at is not None and arrived_at >= log_since
    return is_new or assignment.sync_state == "SYNCHRONIZED"


def _stuck(context: RuleContext, user_id: str, name: str, trouble: _Trouble) -> Violation:
    assignments = console_links.app_path(context.get(APP), console_links.Tab.ASSIGNMENTS)
    return Violation(
        subject=user_id,
        message=f"Okta cannot bring {name} into Unleash as they are: {trouble.seen}.",
        evidence=(
            Evidence(
                collection=str(trouble.collection),
                field="outcome" if trouble.collection is LOG else "status, syncState",
                observed=trouble.seen,
                expected="the last push succeeded",
            ),
        ),
        affected=(Affected(id=user_id, name=name, detail=trouble.seen),),
        since=trouble.since,
        within_grace=trouble.within_grace,
        remediation=Remediation(
            steps=(
                "Okta: Dashboard > Tasks: read the error, mend its reason, and retry.",
                f"{assignments}: see that {name} has no red mark left.",
            ),
            link=console_links.system_log(context.target, f'target.id eq "{user_id}"'),
        ),
    )
