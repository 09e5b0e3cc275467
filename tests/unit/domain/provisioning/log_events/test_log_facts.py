"""The facts of Okta's log that are kept for later audits."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.log_text.failure_reasons import REFUSED, classify
from auditor.domain.okta import Actor, Log, LogEvent, LogTarget
from auditor.domain.provisioning.log_events import log_facts
from auditor.domain.provisioning.log_events.log_facts import (
    LogFacts,
    fact_key,
    facts_of,
    fold_events,
    with_facts,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PUSH = "application.provision.user.push_profile"


def event(
    hours: float,
    *,
    type: str = PUSH,  # noqa: A002  (as the record names it)
    user: str = "00u1",
    result: str = "SUCCESS",
    reason: str | None = None,
    note: str | None = None,
) -> LogEvent:
    return LogEvent(
        id=f"{type} {user} {hours}",
        type=type,
        published_at=NOON + timedelta(hours=hours),
        actor=Actor(id="a", type="User"),
        targets=(LogTarget(id="0oa1", type="AppInstance"), LogTarget(id=user, type="User")),
        result=result,
        reason=reason,
        note=note,
    )


def log(*events: LogEvent, since: float, until: float) -> Log:
    return Log(
        since=NOON + timedelta(hours=since), until=NOON + timedelta(hours=until), events=events
    )


def test_the_last_success_and_the_last_failure_of_each_user_are_kept() -> None:
    first, last = event(1), event(3)
    failure, other = event(2, result="FAILURE"), event(0, user="00u2")
    assert fold_events([last, first, failure, other]) == (other, failure, last)


REASONS = (
    "Unauthorized",
    "Forbidden (403)",
    "The token has expired",
    "invalid token",
    "Bad request: invalid value",
    "Your password expired",
    "Matching user not found",
)


@pytest.mark.parametrize("reason", REASONS)
def test_refused_credentials_are_those_that_the_rules_recognize(reason: str) -> None:
    key = fact_key(event(1, result="FAILURE", reason=reason))
    assert ("refused" in key) is (classify(reason) in REFUSED)


@pytest.mark.parametrize("reason", ["Unauthorized. Errors reported by remote server", "Odd", None])
def test_a_later_clear_failure_does_not_hide_refused_credentials_or_an_unclear_reason(
    reason: str | None,
) -> None:
    refused = event(1, result="FAILURE", reason=reason)
    later = event(2, result="FAILURE", reason="Internal Server Error")
    assert fold_events([refused, later]) == (refused, later)


def test_two_switches_with_one_event_type_are_two_facts() -> None:
    kind = "application.lifecycle.update"
    off = event(1, type=kind, note="Stop deprovisioning unassigned users")
    on = event(2, type=kind, note="Deprovisioning unassigned users")
    assert fold_events([off, on]) == (off, on)


def test_profile_updates_are_not_kept() -> None:
    push = event(2)
    assert fold_events([event(1, type="user.account.update_profile"), push]) == (push,)


OUTCOMES = {
    "a success": ({}, "success"),
    "refused credentials": ({"reason": "Unauthorized", "result": "FAILURE"}, "refused"),
    "no reason": ({"result": "FAILURE"}, "unclear"),
    "an odd reason": ({"reason": "Odd", "result": "FAILURE"}, "unclear"),
    "another reason": ({"reason": "Bad request", "result": "FAILURE"}, "other"),
}


@pytest.mark.parametrize(("changes", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_a_fact_has_an_operation_a_subject_an_outcome_and_a_note(changes, outcome) -> None:
    assert fact_key(event(1, note="Switched", **changes)) == (PUSH, "00u1", outcome, "Switched")


@pytest.mark.parametrize(
    ("targets", "subject"),
    [
        ((("0ua1", "AppUser"), ("00u1", "User")), "00u1"),
        ((("0oa1", "AppInstance"), ("0ua1", "AppUser")), "0ua1"),
        ((("0oa1", "AppInstance"), ("00g1", "UserGroup")), "00g1 0oa1"),
    ],
)
def test_the_subject_is_the_user_else_the_app_user_else_all_targets(targets, subject) -> None:
    named = tuple(LogTarget(id=id_, type=kind) for id_, kind in targets)
    assert subject in fact_key(replace(event(1), targets=named))


def test_notes_that_differ_only_after_100_characters_are_one_fact() -> None:
    one, other = event(1, note="n" * 100 + "1"), event(2, note="n" * 100 + "2")
    assert fold_events([one, other]) == (other,)
    shorter = event(3, note="n" * 99)
    assert fold_events([other, shorter]) == (other, shorter)


def test_an_audit_has_the_facts_of_earlier_audits() -> None:
    old = event(-400, result="FAILURE")
    first = facts_of(log(old, since=-500, until=0))
    second = with_facts(log(event(1), since=-0.5, until=2), first)
    assert second.earlier == (old,)
    assert second.known == (old, event(1))
    assert second.complete_since == NOON - timedelta(hours=500)
    assert facts_of(second).events == (old, event(1))


def test_a_gap_between_two_audits_is_unknown() -> None:
    first = facts_of(log(event(-400), since=-500, until=-300))
    second = with_facts(log(since=-100, until=0), first)
    assert second.complete_since == NOON - timedelta(hours=100)
    assert second.earlier == (event(-400),)


def test_facts_that_end_where_the_log_starts_leave_no_gap() -> None:
    second = with_facts(log(since=-100, until=0), facts_of(log(since=-500, until=-100)))
    assert second.complete_since == NOON - timedelta(hours=500)


@pytest.mark.parametrize("hours", [-100, -50])
def test_a_fact_of_the_time_that_was_read_does_not_count(hours: float) -> None:
    second = with_facts(log(since=-100, until=0), facts_of(log(event(hours), since=-500, until=0)))
    assert second.known == ()


def test_an_event_that_is_read_twice_is_kept_once() -> None:
    again = event(-0.2)
    second = with_facts(log(again, since=-0.5, until=1), facts_of(log(again, since=-9, until=0)))
    assert second.known == (again,)


def test_without_facts_the_log_is_only_what_was_read() -> None:
    read = log(event(0), since=-1, until=1)
    assert with_facts(read, None) is read


def test_facts_that_exceed_the_limit_become_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_facts, "MAX_LOG_FACTS", 2)
    events = tuple(event(hour, user=f"00u{hour}") for hour in range(4))
    assert facts_of(log(*events, since=-1, until=9)) == LogFacts(
        until=NOON + timedelta(hours=9),
        complete_since=events[1].published_at,
        events=events[2:],
    )
