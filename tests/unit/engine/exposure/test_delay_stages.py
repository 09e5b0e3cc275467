"""Which records belong to a departure or an arrival: by time, by user, by account."""

from datetime import timedelta

import pytest

from auditor.domain.collections import MissingReason
from auditor.domain.target import Exclusions, OtherSource
from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from tests.support.builders.access_events import (
    BO_ASSIGNMENT,
    BO_USER,
    WITHOUT_ADA,
    delays,
    deleted,
    minutes_ago,
    pushed,
    unassigned,
)
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    BO,
    assignment,
    assignment_of,
    event,
    event_log,
    log,
    missing,
    on_app,
    on_person,
    recovery,
    target,
    user,
    user_of,
    users,
)

WEEK = 7 * 24 * 60
"""Minutes of the first period, and of the event log."""

UNREAD = missing(MissingReason.FORBIDDEN, "GET /api/admin/events", status=403)
ADA_WAITS = {"assignments": (BO_ASSIGNMENT,), "users": users(user(), BO_USER)}


def added(at):
    return event("application.user_membership.add", on_person(), on_app(), minutes_ago=at)


@pytest.mark.parametrize(
    ("at", "stage"), [(61, minutes_ago(61)), (61.5, None), (59, minutes_ago(59))]
)
def test_a_later_stage_may_bear_a_time_that_is_one_minute_earlier(at, stage):
    (found,) = delays(log=log(unassigned(60), pushed(at)), **ADA_WAITS)
    assert found.pushed_at == stage
    removed = delays(log=log(unassigned(60)), events=event_log(deleted(at)), **WITHOUT_ADA)
    assert [each.ended_at for each in removed] == ([stage] if stage else [])


def test_a_stage_at_the_time_of_the_return_is_not_of_the_absence():
    gone = unassigned(300), added(200)
    assert delays(log=log(*gone, pushed(200))) == ()
    assert delays(log=log(*gone), events=event_log(deleted(200))) == ()


@pytest.mark.parametrize("left_again", [200, 199.8], ids=["at once", "within a minute"])
def test_a_removal_before_the_return_is_not_of_the_next_absence(left_again):
    again = log(unassigned(300), pushed(200.6), added(200), unassigned(left_again))
    (found,) = delays(log=again, events=event_log(deleted(200.5)), **WITHOUT_ADA)
    assert (found.changed_at, found.took) == (minutes_ago(300), timedelta(minutes=99.5))


def test_several_records_of_one_departure_count_once():
    twice = unassigned(300), unassigned(299), added(200), unassigned(100), unassigned(99)
    found = delays(log=log(*twice), events=event_log(deleted(290), deleted(70)), **WITHOUT_ADA)
    assert [each.changed_at for each in found] == [minutes_ago(300), minutes_ago(100)]


def test_the_last_push_before_a_removal_belongs_to_it():
    pushes = map(pushed, (50, 40, 29, 20))
    (found,) = delays(log=log(*pushes), events=event_log(deleted(30)), **WITHOUT_ADA)
    assert (found.pushed_at, found.is_over) == (minutes_ago(29), True)


@pytest.mark.parametrize("events", [event_log(), UNREAD], ids=["event log", "no event log"])
@pytest.mark.parametrize(("left", "number"), [(WEEK + 1, 0), (WEEK, 1), (WEEK - 60, 1)])
def test_only_departures_in_the_time_that_was_read_have_a_delay(events, left, number):
    entries = log(unassigned(left), pushed(left - 10), days=9)
    assert len(delays(log=entries, events=events, **WITHOUT_ADA)) == number


def test_a_change_of_the_assignment_is_no_return():
    renamed = event(
        "application.user_membership.change_username", on_person(), on_app(), minutes_ago=80
    )
    (found,) = delays(log=log(unassigned(90), renamed, pushed(60)), **WITHOUT_ADA)
    assert found.pushed_at == minutes_ago(60)


def test_an_app_user_is_joined_by_login_without_a_removal():
    removed = unassigned(90, user_id="0uaAda", type="AppUser")
    (found,) = delays(log=log(removed, pushed(60)), **WITHOUT_ADA)
    assert (found.user, found.pushed_at) == (ADA, minutes_ago(60))


def test_a_removal_is_joined_by_the_login_of_the_assignment():
    gone = assignment(
        status="DEPROVISIONED",
        user_status="DEPROVISIONED",
        user_status_changed_at=minutes_ago(45),
    )
    (found,) = delays(
        assignments=(gone, BO_ASSIGNMENT),
        users=users(BO_USER, recovery()),
        events=event_log(deleted(30)),
    )
    assert (found.user, found.took) == (ADA, timedelta(minutes=15))


def test_an_assignment_that_ended_begins_the_delay_at_its_own_date():
    ended = assignment(status="INACTIVE", status_changed_at=minutes_ago(40))
    (found,) = delays(assignments=(ended, BO_ASSIGNMENT))
    assert (found.changed_at, found.is_over) == (minutes_ago(40), False)


def test_a_user_without_a_delay_does_not_hide_the_next_one():
    bo = on_person(BO, login="bo@example.com")
    found = delays(
        log=log(event("application.user_membership.remove", bo, on_app(), minutes_ago=90)),
        events=event_log(deleted(30)),
        assignments=(assignment(),),
        users=users(BO_USER, recovery()),
    )
    assert [each.user for each in found] == [BO]


def test_an_account_outside_scim_does_not_hide_the_next_one():
    outside = user_of("Cy", 5, scim_id=None)
    (found,) = delays(
        log=log(unassigned(90)), assignments=(BO_ASSIGNMENT,), users=users(outside, user(), BO_USER)
    )
    assert found.user == ADA


def test_an_excluded_account_has_no_delay():
    excluded = target(exclude=Exclusions(ids=frozenset({str(ADA_ACCOUNT)})))
    by_name = target(exclude=Exclusions(patterns=("ada@*",)))
    for each in (excluded, by_name):
        assert delays(target=each, log=log(unassigned(90)), **ADA_WAITS) == ()


def test_a_leaver_whose_records_are_gone_waits_while_the_account_exists():
    (waiting,) = delays(log=log(unassigned(90)), **ADA_WAITS)
    outside = users(user(scim_id=None), BO_USER)
    assert delays(waiting, assignments=(BO_ASSIGNMENT,), users=outside) == (waiting,)


@pytest.mark.parametrize(
    ("joined", "is_over"), [((300, 90), True), ((300, 80), True), ((300, 90.5), False)]
)
def test_a_leaver_who_waits_is_over_with_a_return_at_or_after_the_departure(joined, is_over):
    (waiting,) = delays(log=log(unassigned(90)), **ADA_WAITS)
    outside = {**ADA_WAITS, "users": users(user(scim_id=None), BO_USER)}
    (after,) = delays(waiting, log=log(*map(added, joined)), **outside)
    assert (after.is_over, after.ended_at) == (is_over, None)


def test_a_joiner_who_is_not_assigned_any_more_has_no_delay():
    at = minutes_ago(50)
    waiting = AccessDelay(kind=DelayKind.JOINER, user=ADA, at=at, changed_at=at)
    assert delays(waiting, **WITHOUT_ADA) == ()


NO_JOINER = {
    "joined before": (assignment(created_at=minutes_ago(WEEK + 1)), user()),
    "suspended": (
        assignment(created_at=minutes_ago(50), user_status="SUSPENDED"),
        user(created_at=minutes_ago(40)),
    ),
    "account before": (
        assignment(created_at=minutes_ago(50)),
        user(created_at=minutes_ago(51.5)),
    ),
}


@pytest.mark.parametrize(("assigned", "account"), NO_JOINER.values(), ids=NO_JOINER)
def test_a_user_who_did_not_wait_does_not_hide_the_next_joiner(assigned, account):
    bo = assignment_of("Bo", user_id=BO, created_at=minutes_ago(50))
    (found,) = delays(assignments=(assigned, bo), users=users(account, recovery()))
    assert (found.kind, found.user) == (DelayKind.JOINER, BO)


@pytest.mark.parametrize(
    ("joined", "created"), [(WEEK, WEEK - 5), (50, 51), (50, 49.5)], ids=["border", "clock", "soon"]
)
def test_a_joiner_at_the_border_of_the_period_or_of_the_clocks_has_a_delay(joined, created):
    new = assignment(created_at=minutes_ago(joined))
    here = users(user(created_at=minutes_ago(created)), BO_USER)
    (found,) = delays(assignments=(new, BO_ASSIGNMENT), users=here)
    assert (found.kind, found.ended_at) == (DelayKind.JOINER, minutes_ago(created))


@pytest.mark.parametrize(
    ("at", "stage"), [(51, minutes_ago(51)), (51.5, None), (49, minutes_ago(49))]
)
def test_the_push_of_a_joiner_may_bear_a_time_that_is_one_minute_earlier(at, stage):
    new = assignment(created_at=minutes_ago(50))
    (found,) = delays(
        assignments=(new, BO_ASSIGNMENT), users=users(BO_USER), log=log(pushed(at, "push"))
    )
    assert (found.pushed_at, found.is_over) == (stage, False)


def test_without_the_assignments_of_another_app_no_delay_is_known():
    other = target(also_provisioned_by=(OtherSource(app_id="0oaOther000000000001"),))
    assert (
        delays(target=other, other_assignments=UNREAD, log=log(unassigned(90)), **ADA_WAITS) == ()
    )
