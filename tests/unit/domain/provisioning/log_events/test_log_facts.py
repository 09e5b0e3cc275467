"""The facts of Okta's log that are kept for later audits."""

from datetime import UTC, datetime, timedelta

import pytest

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
    assert fold_events([event(1, type="user.account.update_profile")]) == ()


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
