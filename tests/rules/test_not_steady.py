from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.okta import Actor, LogTarget
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    AT,
    BO,
    USER_TYPE,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)
from tests.support.builders.findings import reasons_of

RULE = "not-steady"
HOUR = 60
STEADY = {RULE: {"app", ADA, BO}}
"""The log covers the window, so every user without repeated pushes is steady."""


def pushed(hours_ago, person=ADA, **changes):
    who = (on_person(f"0ua{person}", type="AppUser"), on_person(person), on_app())
    return event(
        "application.provision.user.push_profile",
        *who,
        minutes_ago=hours_ago * HOUR,
        **{"id": f"{person}-{hours_ago}"} | changes,
    )


def changed(hours_ago, person=ADA, **changes):
    return event(
        "user.account.update_profile", on_person(person), minutes_ago=hours_ago * HOUR, **changes
    )


ADMIN = Actor(id="00uRoot0000000000001", type="User", name="Ro Ott")


def changed_mapping(hours_ago):
    target = LogTarget(id=USER_TYPE, type="UserType")
    return event("directory.mapping.update", target, minutes_ago=hours_ago * HOUR)


def assigned(hours_ago):
    kind = "application.user_membership.update"
    return event(kind, on_person(), on_app(), minutes_ago=hours_ago * HOUR)


def test_a_log_without_repeated_pushes_passes(ask):
    evaluated = ask(RULE)
    assert evaluated.verdicts[0].status is VerdictStatus.PASS
    assert evaluated.cleared == STEADY


def test_three_pushes_of_one_user_without_a_change_fail(check):
    status, [finding] = check(RULE, clean_snapshot(log=log(pushed(20), pushed(10), pushed(1))))
    assert (status, finding.subject) == (VerdictStatus.FAIL, ADA)
    assert finding.severity is Severity.MEDIUM
    assert "Ada Lind" in finding.message
    assert finding.affected[0].detail == (
        "3 pushes between 2026-11-01 16:00 UTC and 2026-11-02 11:00 UTC"
    )


@pytest.mark.parametrize(
    "events",
    [
        [pushed(20), pushed(10)],
        [pushed(20), changed(15), pushed(10), pushed(1)],
        [pushed(30), pushed(10), pushed(1)],
        [pushed(24), pushed(10), pushed(1)],
        [pushed(20), pushed(10, BO), pushed(1)],
        [pushed(20), pushed(10), pushed(1, result="FAILURE")],
        [pushed(20), changed_mapping(15), pushed(10), pushed(1)],
        [pushed(20), assigned(15), pushed(10), pushed(1)],
        [pushed(20), pushed(10, actor=ADMIN), pushed(1)],
        [pushed(20), pushed(10), pushed(1, type="application.provision.user.push")],
    ],
)
def test_fewer_pushes_or_pushes_with_a_reason_pass_and_close_the_finding(ask, events):
    evaluated = ask(RULE, clean_snapshot(log=log(*events)))
    assert evaluated.findings == ()
    assert evaluated.has_cleared(RULE, ADA)


@pytest.mark.parametrize("no_reason", [changed(15, BO), changed(15, result="FAILURE")])
def test_only_a_change_of_the_same_profile_is_a_reason(check, no_reason):
    events = log(pushed(20), no_reason, pushed(10), pushed(1))
    assert check(RULE, clean_snapshot(log=events))[0] is VerdictStatus.FAIL


def test_a_day_without_pushes_closes_the_finding(ask):
    evaluated = ask(RULE, clean_snapshot(log=log(pushed(60), pushed(50), pushed(40))))
    assert evaluated.cleared == STEADY


def test_the_requested_log_covers_the_quiet_day_after_a_burst(ask):
    wanted = load_rules([shipped("rules")])[RULE].rule.params().log_window
    burst = log(pushed(25), pushed(24.5), pushed(24.2), days=wanted / timedelta(days=1))
    assert ask(RULE, clean_snapshot(log=burst)).has_cleared(RULE, ADA)
    assert timedelta(hours=25) < wanted <= timedelta(hours=48)


def test_the_parameters_set_the_limit(check):
    events = clean_snapshot(log=log(pushed(40), pushed(30), pushed(1)))
    assert check(RULE, events, window_hours=48)[0] is VerdictStatus.FAIL
    assert check(RULE, events, window_hours=48, pushes=4)[0] is VerdictStatus.PASS


def repeated_pushes(people):
    names = [f"00uRestless{number:03}" for number in range(people)]
    return log(*(pushed(hour, name) for name in names for hour in (9, 6, 3)))


def test_up_to_twenty_users_are_separate_findings_and_more_are_one(ask):
    twenty = ask(RULE, clean_snapshot(log=repeated_pushes(20)))
    assert len(twenty.findings) == 20
    assert twenty.cleared == STEADY
    grouped = ask(RULE, clean_snapshot(log=repeated_pushes(21)))
    assert [(each.subject, each.affected_count) for each in grouped.findings] == [("app", 21)]
    assert not grouped.has_cleared(RULE, "app")


def test_the_common_finding_has_the_maximum_the_first_push_and_all_names(ask):
    busiest = [pushed(hour, "00uRestless010") for hour in (8, 7)]
    late = [pushed(hours_ago, "00uAnother") for hours_ago in (2.9, 2.8, 2.7)]
    events = log(*repeated_pushes(20).events, *late, *busiest)
    (finding,) = ask(RULE, clean_snapshot(log=events)).findings
    assert finding.since == AT - timedelta(hours=9)
    assert finding.evidence[0].observed == "5"
    assert [each.name for each in finding.affected][:2] == ["00uAnother", "00uRestless000"]


def test_a_log_as_long_as_the_window_is_enough_to_pass(ask):
    evaluated = ask(RULE, clean_snapshot(log=log(days=1)))
    assert (evaluated.unknown_rules, evaluated.cleared) == (frozenset(), STEADY)


def test_a_short_log_can_fail_but_not_pass(ask):
    short = log(pushed(3), pushed(2), pushed(1), pushed(1, BO), days=0.5)
    evaluated = ask(RULE, clean_snapshot(log=short))
    assert [each.subject for each in evaluated.findings] == [ADA]
    assert evaluated.unknown_rules == {RULE}
    assert evaluated.cleared == {}


def test_missing_assignments_remove_only_the_names(check):
    events = log(pushed(20), pushed(10), pushed(1))
    status, [finding] = check(RULE, clean_snapshot(log=events, assignments=missing()))
    assert status is VerdictStatus.FAIL
    assert finding.affected[0].name == ADA


def test_without_the_log_the_rule_is_unknown(check):
    assert check(RULE, clean_snapshot(log=missing())) == (VerdictStatus.UNKNOWN, ())


@pytest.mark.parametrize("reason", [changed(0.5), changed_mapping(0.5), assigned(0.5)])
def test_a_reason_explains_what_follows_and_not_what_was_before(ask, reason):
    evaluated = ask(RULE, clean_snapshot(log=log(pushed(20), pushed(10), pushed(1), reason)))
    assert [each.subject for each in evaluated.findings] == [ADA]
    assert not evaluated.has_cleared(RULE, ADA)


@pytest.mark.parametrize("result", ["UNKNOWN", "LATER", None])
def test_repeated_pushes_with_an_unknown_outcome_are_not_evaluated(ask, result):
    pushes = [pushed(hours, result=result) for hours in (20, 10, 1)]
    evaluated = ask(RULE, clean_snapshot(log=log(*pushes)))
    assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN
    assert evaluated.cleared == {}
    assert "whose outcome is unknown" in str(evaluated.verdicts[0].reasons)


def test_two_pushes_with_an_unknown_outcome_are_too_few_to_matter(ask):
    pushes = [pushed(hours, result="UNKNOWN") for hours in (20, 1)]
    assert ask(RULE, clean_snapshot(log=log(*pushes))).cleared == STEADY


OTHER_APP = LogTarget(id="0oaOther0000000000001", type="AppInstance", name="Other")
PUSH = "application.provision.user.push_profile"


@pytest.mark.parametrize(
    "first",
    [
        changed_mapping(22),
        changed(22, BO),
        event("user.session.start", on_person(), minutes_ago=22 * HOUR),
        event("application.lifecycle.update", OTHER_APP, minutes_ago=22 * HOUR),
        event("group.lifecycle.create", minutes_ago=22 * HOUR),
    ],
)
def test_the_pushes_after_another_event_are_counted(check, first):
    events = log(first, pushed(20), pushed(10), pushed(1))
    assert check(RULE, clean_snapshot(log=events))[0] is VerdictStatus.FAIL


def test_pushes_whose_app_is_unknown_do_not_count(check):
    ada = LogTarget(id="0uaUnknown00000000001", type="AppUser", login="ada@example.com")
    pushes = [
        event(PUSH, ada, minutes_ago=hours * HOUR, of_unknown_app=True) for hours in (9, 6, 3)
    ]
    assert check(RULE, clean_snapshot(log=log(*pushes)))[0] is VerdictStatus.PASS


@pytest.mark.parametrize(
    ("oldest", "status"), [(24, VerdictStatus.PASS), (23.9, VerdictStatus.UNKNOWN)]
)
def test_a_push_with_an_unknown_outcome_counts_only_inside_the_window(check, oldest, status):
    pushes = [pushed(hours, result="UNKNOWN") for hours in (oldest, 10, 1)]
    assert check(RULE, clean_snapshot(log=log(*pushes)))[0] is status


def test_known_pushes_and_those_with_an_unknown_outcome_are_added(check):
    pushes = [pushed(20), pushed(10), pushed(1, result="UNKNOWN")]
    assert check(RULE, clean_snapshot(log=log(*pushes)))[0] is VerdictStatus.UNKNOWN


def test_profile_updates_that_were_read_for_less_than_the_window_leave_it_unknown(ask):
    partly_read = replace(log(days=7), profile_updates_since=AT - timedelta(hours=23))
    evaluated = ask(RULE, clean_snapshot(log=partly_read))
    assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN
    assert "covers 23 hours" in reasons_of(evaluated.verdicts[0])
