"""Which records of the two services make a delay."""

from datetime import timedelta

from auditor.domain.collections import MissingReason
from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from tests.support.builders.access_events import (
    ADA_LOGIN,
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
    AT,
    assignment,
    event,
    event_log,
    log,
    missing,
    on_app,
    on_person,
    recovery,
    user,
    users,
)


def test_the_three_stages_of_a_leaver_are_joined():
    (found,) = delays(
        log=log(unassigned(90), pushed(60)), events=event_log(deleted(61)), **WITHOUT_ADA
    )
    assert found == AccessDelay(
        kind=DelayKind.LEAVER,
        user=ADA,
        at=minutes_ago(90),
        account=str(ADA_ACCOUNT),
        changed_at=minutes_ago(90),
        pushed_at=minutes_ago(60),
        ended_at=minutes_ago(61),
        is_over=True,
    )


def test_an_app_user_with_an_id_of_its_own_is_joined_by_login():
    removed = unassigned(90, user_id="0uaAda", type="AppUser")
    (found,) = delays(log=log(removed, pushed(60)), events=event_log(deleted(61)), **WITHOUT_ADA)
    assert (found.user, found.took) == (ADA, timedelta(minutes=29))


def test_a_failed_push_is_no_stage():
    (found,) = delays(
        log=log(unassigned(90), pushed(60, result="FAILURE")),
        events=event_log(deleted(30)),
        **WITHOUT_ADA,
    )
    assert (found.pushed_at, found.took) == (None, timedelta(minutes=60))


def test_the_deactivation_of_a_listed_user_begins_the_delay():
    gone = assignment(
        status="DEPROVISIONED",
        user_status="DEPROVISIONED",
        user_status_changed_at=minutes_ago(45),
        status_changed_at=minutes_ago(40),
    )
    (found,) = delays(assignments=(gone, BO_ASSIGNMENT))
    assert (found.changed_at, found.is_over) == (minutes_ago(45), False)
    assert found.account == str(ADA_ACCOUNT)


def test_an_account_that_an_admin_deletes_while_the_user_is_assigned_has_no_delay():
    found = delays(events=event_log(deleted(30)), users=users(BO_USER, recovery()))
    assert found == ()


def test_a_removal_without_a_known_departure_has_an_unknown_beginning():
    (found,) = delays(log=log(pushed(30)), events=event_log(deleted(30)), **WITHOUT_ADA)
    assert (found.changed_at, found.ended_at, found.took) == (None, minutes_ago(30), None)


def test_a_user_who_returns_and_leaves_again_has_two_delays():
    back = event("application.user_membership.add", on_person(), on_app(), minutes_ago=200)
    found = delays(
        log=log(unassigned(300), pushed(290), back, unassigned(100), pushed(70)),
        events=event_log(deleted(291), deleted(71)),
        **WITHOUT_ADA,
    )
    assert [each.took for each in found] == [timedelta(minutes=9), timedelta(minutes=29)]


def test_a_leaver_who_waited_and_returned_ends_at_an_unknown_time():
    (waiting,) = delays(
        log=log(unassigned(90)), assignments=(BO_ASSIGNMENT,), users=users(user(), BO_USER)
    )
    assert not waiting.is_over
    back = assignment(created_at=minutes_ago(20))
    (after,) = delays(waiting, log=log(unassigned(90)), assignments=(back, BO_ASSIGNMENT))
    assert (after.is_over, after.took) == (True, None)


def test_a_leaver_whose_account_is_gone_without_an_event_ends_at_an_unknown_time():
    (waiting,) = delays(
        log=log(unassigned(90)), assignments=(BO_ASSIGNMENT,), users=users(user(), BO_USER)
    )
    (after,) = delays(waiting, **WITHOUT_ADA)
    assert (after.is_over, after.ended_at, after.changed_at) == (True, None, minutes_ago(90))


def test_an_account_outside_scim_belongs_to_no_leaver():
    found = delays(
        log=log(unassigned(90)),
        assignments=(BO_ASSIGNMENT,),
        users=users(user(scim_id=None), BO_USER),
    )
    assert found == ()


def test_a_joiner_waits_until_the_account_exists():
    new = assignment(created_at=minutes_ago(50))
    joined = {"assignments": (new, BO_ASSIGNMENT), "log": log(pushed(20, "push"))}
    (done,) = delays(users=users(user(created_at=minutes_ago(20)), BO_USER), **joined)
    assert (done.kind, done.took) == (DelayKind.JOINER, timedelta(minutes=30))
    assert done.pushed_at == minutes_ago(20)
    (waiting,) = delays(**{**joined, "users": users(BO_USER)})
    assert (waiting.is_over, waiting.took) == (False, None)
    (undated,) = delays(users=users(user(created_at=None), BO_USER), **joined)
    assert (undated.is_over, undated.took) == (True, None)


def test_a_user_whose_account_existed_before_did_not_wait():
    assert delays(assignments=(assignment(created_at=minutes_ago(50)), BO_ASSIGNMENT)) == ()


def test_a_joiner_who_waited_for_longer_than_the_log_is_completed():
    joined_at = AT - timedelta(days=20)
    old = assignment(created_at=joined_at)
    waiting = AccessDelay(kind=DelayKind.JOINER, user=ADA, at=joined_at, changed_at=joined_at)
    here = users(user(created_at=minutes_ago(10)), BO_USER)
    (found,) = delays(waiting, assignments=(old, BO_ASSIGNMENT), users=here)
    assert found.took == timedelta(days=20) - timedelta(minutes=10)
    assert delays(assignments=(old, BO_ASSIGNMENT), users=here) == ()


def test_without_the_logs_the_stages_are_unknown():
    gap = missing(MissingReason.FORBIDDEN, "GET /api/v1/logs", status=403)
    gone = assignment(
        status="DEPROVISIONED",
        user_status="DEPROVISIONED",
        user_status_changed_at=minutes_ago(45),
    )
    (found,) = delays(assignments=(gone, BO_ASSIGNMENT), log=gap, events=gap)
    assert (found.changed_at, found.pushed_at, found.ended_at) == (minutes_ago(45), None, None)


def test_nothing_begins_or_ends_while_users_or_assignments_are_missing():
    gap = missing(MissingReason.FORBIDDEN, "GET /api/admin/user-admin", status=403)
    (waiting,) = delays(
        log=log(unassigned(90)), assignments=(BO_ASSIGNMENT,), users=users(user(), BO_USER)
    )
    assert delays(waiting, users=gap) == delays(waiting, assignments=gap) == ()


def test_a_login_that_two_leavers_share_joins_neither():
    both = unassigned(90), unassigned(80, user_id="00uZed")
    assert delays(log=log(*both), events=event_log(deleted(61)), **WITHOUT_ADA) == ()


def test_an_account_is_joined_by_the_application_username():
    username = "ada.l@apps.example.com"
    push = event(
        "application.provision.user.deactivate",
        on_person("0uaAda", login=username, type="AppUser"),
        on_person(login=ADA_LOGIN),
        on_app(),
    )
    (found,) = delays(
        log=log(unassigned(90), push), events=event_log(deleted(61, username)), **WITHOUT_ADA
    )
    assert (found.user, found.took) == (ADA, timedelta(minutes=29))


def test_a_push_without_an_event_of_unleash_leaves_the_end_unknown():
    (found,) = delays(log=log(unassigned(90), pushed(60)), **WITHOUT_ADA)
    assert (found.pushed_at, found.ended_at, found.is_over) == (minutes_ago(60), None, True)


def test_stages_of_a_later_departure_do_not_complete_an_earlier_one():
    back = event("application.user_membership.add", on_person(), on_app(), minutes_ago=200)
    left = unassigned(300), back, unassigned(100), pushed(70)
    (earlier, later) = delays(
        log=log(*left), events=event_log(deleted(291), deleted(71)), **WITHOUT_ADA
    )
    assert (earlier.pushed_at, later.pushed_at) == (None, minutes_ago(70))
    (only,) = delays(log=log(*left), events=event_log(deleted(71)), **WITHOUT_ADA)
    assert (only.changed_at, only.took) == (minutes_ago(100), timedelta(minutes=29))


def test_a_stage_that_left_the_log_stays_known():
    listed = {"assignments": (BO_ASSIGNMENT,), "users": users(user(), BO_USER)}
    (waiting,) = delays(log=log(unassigned(90), pushed(60)), **listed)
    assert waiting.pushed_at == minutes_ago(60)
    (after,) = delays(waiting, log=log(unassigned(90)), **listed)
    assert after == waiting
