"""The last push of each user, and whether a failed push can still matter."""

from datetime import timedelta

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.okta import LogEvent, LogTarget
from auditor.domain.provisioning.push_outcomes import (
    is_newer_success,
    is_outstanding_removal,
    last_group_failures,
    last_pushes,
)
from tests.support.builders.contexts import (
    ADA,
    ADMIN_GROUP,
    AT,
    BO,
    LONG_AGO,
    assignment,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)

UPDATED = "application.provision.user.push_profile"
DEACTIVATED = "application.provision.user.deactivate"
GROUP_PUSHED = "application.provision.group_push.push_memberships"


def pushed(target: LogTarget, minutes_ago: float = 60, result: str = "SUCCESS") -> LogEvent:
    return event(UPDATED, on_app(), target, minutes_ago=minutes_ago, result=result)


def failed(target: LogTarget, minutes_ago: float = 60) -> LogEvent:
    return pushed(target, minutes_ago, "FAILURE")


def app_user(app_user_id: str) -> LogTarget:
    return LogTarget(id=app_user_id, type="AppUser")


def context(*events: LogEvent, **changes) -> RuleContext:
    return RuleContext(clean_snapshot(log=log(*events), **changes))


def test_the_last_push_of_each_user_counts() -> None:
    changed = event("application.lifecycle.update", on_app(), minutes_ago=99)
    first, last = failed(on_person(), 90), pushed(on_person(), 30)
    bo = failed(on_person(BO), 60)
    assert last_pushes(context(changed, first, bo, last)) == ({ADA: last, BO: bo}, {})


FAILURES = {
    "each failure of an app user": ([failed(app_user("0uaCy"), at) for at in (90, 60)], 2),
    "the failures after a success": (
        [
            failed(app_user("0uaCy"), 90),
            pushed(app_user("0uaCy"), 60),
            failed(app_user("0uaCy"), 9),
        ],
        1,
    ),
}


@pytest.mark.parametrize(("events", "number"), FAILURES.values(), ids=FAILURES)
def test_the_failures_of_an_unknown_app_user_are_counted(events, number) -> None:
    assert last_pushes(context(*events)) == ({}, {"0uaCy": number})


def test_a_later_success_ends_the_failures_of_an_unknown_app_user() -> None:
    ended = [failed(app_user("0uaCy"), 90), pushed(app_user("0uaCy"), 60)]
    other = failed(app_user("0uaDi"), 99)
    assert last_pushes(context(other, *ended)) == ({}, {"0uaDi": 1})


FAILED_AT = AT - timedelta(hours=1)
BEFORE, AFTER = FAILED_AT - timedelta(seconds=1), FAILED_AT + timedelta(seconds=1)
NEWER = {
    "synchronized before": ({"updated_at": BEFORE, "sync_state": "SYNCHRONIZED"}, False),
    "synchronized at the time": ({"updated_at": FAILED_AT, "sync_state": "SYNCHRONIZED"}, False),
    "synchronized after": ({"updated_at": AFTER, "sync_state": "SYNCHRONIZED"}, True),
    "updated after, with an error": ({"updated_at": AFTER, "sync_state": "ERROR"}, False),
    "active before": ({"status_changed_at": BEFORE}, False),
    "active at the time": ({"status_changed_at": FAILED_AT}, False),
    "active after": ({"status_changed_at": AFTER}, True),
    "active after, without an id": ({"status_changed_at": AFTER, "external_id": None}, False),
    "deactivated after": ({"status_changed_at": AFTER, "status": "DEPROVISIONED"}, False),
    "no dates": ({"updated_at": None, "status_changed_at": None}, False),
}


@pytest.mark.parametrize(("changes", "is_newer"), NEWER.values(), ids=NEWER)
def test_only_a_later_success_follows_a_failure(changes, is_newer) -> None:
    dates = {"updated_at": LONG_AGO, "status_changed_at": LONG_AGO}
    assert is_newer_success(assignment(**dates | changes), FAILED_AT) is is_newer


def removal(login: str | None, result: str = "FAILURE") -> LogEvent:
    return event(DEACTIVATED, on_app(), on_person("00uCy", login=login), result=result)


REMOVALS = {
    "an account with the login": (removal("ADA@example.com"), {}, True),
    "no account with the login": (removal("cy@example.com"), {}, False),
    "no login": (removal(None), {}, True),
    "accounts that were not read": (
        removal("cy@example.com"),
        {"users": missing(), "access": missing()},
        True,
    ),
    "a removal that succeeded": (removal("ada@example.com", "SUCCESS"), {}, False),
}


@pytest.mark.parametrize(("push", "changes", "expected"), REMOVALS.values(), ids=REMOVALS)
def test_a_failed_removal_matters_unless_the_account_is_gone(push, changes, expected) -> None:
    assert is_outstanding_removal(context(push, **changes), push) is expected


def test_a_group_fails_until_a_later_push_succeeds() -> None:
    admins = LogTarget(id=ADMIN_GROUP, type="UserGroup")
    other = LogTarget(id="00gOther000000000001", type="UserGroup")

    def of_group(target: LogTarget, minutes_ago: float, result: str = "FAILURE") -> LogEvent:
        return event(GROUP_PUSHED, on_app(), target, minutes_ago=minutes_ago, result=result)

    first, last = of_group(other, 90), of_group(other, 30)
    ended = (of_group(admins, 80), of_group(admins, 70, "SUCCESS"))
    assert last_group_failures(context(first, *ended, last)) == {other.id: last}
