"""The rule provisioning-error: every push of a user to Unleash must succeed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    LOG,
    PEOPLE_COLLECTIONS,
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
    Steps,
    Undecidable,
    Unknown,
    Violation,
    moment,
    okta,
    push_outcomes,
    rule,
    shorten,
    steps,
)


class Trouble(NamedTuple):
    """What keeps a user from being provisioned."""

    kind: str
    message: str
    label: str
    observed: str
    expected: str
    collection: Collection[Any] = ASSIGNMENTS
    since: datetime | None = None
    within_grace: bool = False


@rule(
    id="provisioning-error",
    severity=Severity.MEDIUM,
    family=Family.RECONCILIATION,
    guide="effect",
    problem="Okta cannot provision a user to Unleash",
    problems={
        "staged": "A provisioning push is stuck",
        "approved": "A provisioning task waits for an Okta admin",
        "revoked": "A provisioning task waits for an Okta admin",
        "out-of-sync": "Changes of a user are not pushed yet",
    },
    many={
        "failed-push": "Okta's last push failed for {n} users. Their state in Unleash is outdated."
    },
    evidence=(
        "The auditor reads the assignment status, the sync state and the provisioning events of "
        "the System Log. A failure counts until a push of the same user succeeds. Events that name "
        "only the app user are joined by id or login; otherwise they are not evaluated. If such an "
        "event can concern another app, the user is not evaluated."
    ),
    remediation="Fix the cause of the error, then retry the task under Dashboard > Tasks.",
    requires={ASSIGNMENTS},
    may_read=PEOPLE_COLLECTIONS | {APP, LOG},
    params=NoParams,
    resolves_on_success=True,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every push of a user to Unleash succeeds.

    A failed push leaves the user in the old state: without an account, with old attributes, or
    with access that should end.
    """
    log = context.get(LOG)
    # The rule goes on: the assignments alone show sync errors and waiting tasks.
    if log is None and (missing := context.missing_reason(LOG, "pushes")):
        yield Unknown(reason=missing)
    pushes, unjoined = push_outcomes.last_pushes(context)
    for target_id, number in unjoined.items():
        why = "the System Log names only an app user that matches no assignment"
        what = f"{number} {'event' if number == 1 else 'events'}"
        yield Unknown(subject=target_id, reason=Undecidable(what=what, why=why))
    elsewhere = push_outcomes.failures_of_unknown_app(context)
    joined, cleared = context.people_if_read(), set()
    for user in context[ASSIGNMENTS]:
        push, failure = pushes.pop(user.user_id, None), elsewhere.get(user.user_id)
        if trouble := _trouble(context, user, push):
            yield _violation(context, user.user_id, user.label, trouble)
        elif failure and not _is_followed_by_success(user, failure, push):
            at = moment(failure.published_at)
            why = f"a push failed on {at}, and the System Log names an app user, but not its app"
            yield Unknown(subject=user.user_id, reason=Undecidable(what=user.label, why=why))
        # Without the log, a later failure can be unread, so nothing is cleared.
        elif log and (
            push or push_outcomes.has_recovered(joined, user, log.complete_since or log.since)
        ):
            cleared.add(user.user_id)
    for user_id, push in pushes.items():
        # Without an assignment, only a removal can still be outstanding.
        name = next((each.name for each in push.targets if each.id == user_id), None) or user_id
        if push_outcomes.is_outstanding_removal(context, push):
            yield _violation(context, user_id, name, _failed_push(name, push))
        else:
            cleared.add(user_id)
    if cleared:
        yield Cleared(subjects=frozenset(cleared))


def _is_followed_by_success(
    user: okta.Assignment, failure: okta.LogEvent, push: okta.LogEvent | None
) -> bool:
    """Whether a push to this app succeeded after a failure that can concern another app."""
    if push_outcomes.is_newer_success(user, failure.published_at):
        return True
    return push is not None and push.published_at > failure.published_at


def _trouble(
    context: RuleContext, user: okta.Assignment, push: okta.LogEvent | None
) -> Trouble | None:
    # First, because only the event states a reason.
    if (
        push
        and push_outcomes.is_failed(push)
        and not push_outcomes.is_newer_success(user, push.published_at)
    ):
        return _failed_push(user.label, push)
    if user.sync_state == "ERROR":
        text = f"Okta reports a sync error for {user.label}."
        return Trouble(
            "sync-error",
            f"{text} The user's state in Unleash is outdated.",
            "Sync state",
            "Error",
            "Synchronized, or not used",
        )
    if user.status in {"STAGED", "APPROVED", "REVOKED"} and (found := _waiting(context, user)):
        return found
    if user.sync_state == "OUT_OF_SYNC" and user.is_active:
        text = f"Okta has not pushed the latest changes of {user.label}."
        return Trouble(
            "out-of-sync",
            f"{text} The user's attributes in Unleash are outdated.",
            "Sync state",
            "Out of sync",
            "Synchronized, or not used",
        )
    return None


def _waiting(context: RuleContext, user: okta.Assignment) -> Trouble | None:
    """Return the push or the task that has been waiting for longer than the grace period."""
    since = user.began_at
    # The push waits for the activation or for the return of the user. This is no fault.
    if user.user_status == okta.USER_STAGED or user.state is okta.AssignmentStatus.SUSPENDED:
        return None
    if since and context.at - since <= context.grace:
        return None
    dated = f" since {moment(since)}" if since else ""
    status = str(user.status)
    account = "The user has no Unleash account yet."
    messages = {
        "STAGED": f"The push of {user.label} has been queued{dated}. {account}",
        "APPROVED": (
            f"The provisioning of {user.label} waits for an Okta admin (Dashboard > Tasks). "
            f"{account}"
        ),
        "REVOKED": (
            f"The removal of {user.label} waits for an Okta admin (Dashboard > Tasks). The Unleash "
            "account keeps working."
        ),
    }
    return Trouble(
        status.lower(),
        messages[status],
        "Assignment status",
        f"{status.capitalize()}{dated}",
        "Active" if status != "REVOKED" else "No assignment",
        since=since,
        within_grace=since is None,
    )


def _failed_push(name: str, push: okta.LogEvent) -> Trouble:
    cause, at = push.reason or "no reason given", moment(push.published_at)
    return Trouble(
        "failed-push",
        (
            f"Okta's last push of {name} failed on {at}: {shorten(cause)}. The user's state in "
            "Unleash is outdated."
        ),
        "Last push",
        f'Failed on {at}: "{cause}"',
        "Succeeded",
        LOG,
        push.published_at,
    )


def _violation(context: RuleContext, user_id: str, name: str, trouble: Trouble) -> Violation:
    return Violation(
        subject=user_id,
        kind=trouble.kind,
        severity=Severity.LOW if trouble.kind == "out-of-sync" else None,
        message=trouble.message,
        evidence=(
            Evidence.of(
                trouble.collection,
                "outcome" if trouble.collection is LOG else "status, syncState",
                trouble.label,
                observed=trouble.observed,
                expected=trouble.expected,
            ),
        ),
        affected=(Affected(id=user_id, name=name, detail=trouble.observed),),
        since=trouble.since,
        within_grace=trouble.within_grace,
        remediation=_remediation(context, user_id, name, trouble.kind),
    )


def _remediation(context: RuleContext, user_id: str, name: str, kind: str) -> Remediation:
    paths = Steps(context.snapshot)
    task = (
        (
            f"{steps.TASKS_PATH}. Carry out the change in Unleash, then complete the task. "
            "Completing the task alone changes nothing in Unleash."
        ),
    )
    found = {
        "staged": (
            (
                f"Check that {paths.app} is active and the connector works; see "
                "`scim-credentials-rejected`. Then retry under Dashboard > Tasks."
            ),
        ),
        "approved": task,
        "revoked": task,
        "out-of-sync": ("Wait for Okta's next push. If the state stays, select Force Sync.",),
    }.get(
        kind,
        (
            f"{steps.TASKS_PATH}. Read the error of {name} and fix its cause.",
            "Select the task and retry it.",
            f"{paths.assignments}. Check that {name} has no red error icon.",
        ),
    )
    return Remediation(
        steps=found,
        link=paths.log_link(f'target.id eq "{user_id}"'),
        for_many=(
            "Retry the failed tasks of these {n} users together: {list}. Errors with the same text "
            "usually have one cause."
        ),
    )
