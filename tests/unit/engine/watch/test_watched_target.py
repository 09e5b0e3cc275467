"""When the audit of a target under watch is due."""

from datetime import timedelta

import pytest

from auditor.engine.watch.watched_target import DueAudit, WatchedEvent, WatchedTarget, WatchTimes
from tests.support.builders.findings import START

TIMES = WatchTimes()
FIRST = (0, 0)
DUE = {
    "quiet": ([FIRST], 20),
    "a further event": ([FIRST, (30, 30)], 50),
    "events without a pause": ([FIRST, (30, 30), (58, 58)], 60),
    "published long before it was seen": ([(-300, 0)], 0),
    "a clock that is ahead": ([(90, 0)], 20),
}
"""Seconds at which each event was published and seen, and at which the audit is due."""


def waiting(*events: tuple[int, int]) -> tuple[WatchedEvent, ...]:
    return tuple(
        WatchedEvent(
            target="production",
            id=f"okta/{published}",
            published_at=START + timedelta(seconds=published),
            seen_at=START + timedelta(seconds=seen),
        )
        for published, seen in events
    )


@pytest.mark.parametrize(("events", "seconds"), DUE.values(), ids=DUE)
def test_a_targeted_audit_waits_for_further_events_but_not_for_long(events, seconds):
    watched = WatchedTarget(target="production", events=waiting(*events))
    due_at = watched.due_at(DueAudit.TARGETED, TIMES)
    assert due_at == START + timedelta(seconds=seconds)
    assert watched.due_at(DueAudit.FULL, TIMES) is None


@pytest.mark.parametrize(
    ("seconds_ago", "due_in"), [(None, 20), (300, 20), (100, 200)], ids=["never", "before", "just"]
)
def test_a_target_has_at_most_one_targeted_audit_in_the_pause(seconds_ago, due_in):
    last = None if seconds_ago is None else START - timedelta(seconds=seconds_ago)
    watched = WatchedTarget(target="production", events=waiting(FIRST), targeted_at=last)
    assert watched.due_at(DueAudit.TARGETED, TIMES) == START + timedelta(seconds=due_in)


def test_a_deferred_targeted_audit_waits_for_the_rate_limit():
    until = START + timedelta(minutes=30)
    watched = WatchedTarget(
        target="production", events=waiting(FIRST), targeted_at=START, deferred_until=until
    )
    assert watched.due_at(DueAudit.TARGETED, TIMES) == until


def test_without_a_waiting_event_no_audit_is_due():
    watched = WatchedTarget(
        target="production", targeted_at=START, deferred_until=START, full_started_at=START
    )
    assert [watched.due_at(kind, TIMES) for kind in DueAudit] == [None, None]


@pytest.mark.parametrize(
    ("minutes_ago", "due_in"), [(None, 0), (15, 0), (5, 10)], ids=["never", "before", "just"]
)
def test_a_requested_full_audit_starts_at_once_but_not_within_the_pause(minutes_ago, due_in):
    last = None if minutes_ago is None else START - timedelta(minutes=minutes_ago)
    watched = WatchedTarget(target="production", full_requested_at=START, full_started_at=last)
    assert watched.due_at(DueAudit.FULL, TIMES) == START + timedelta(minutes=due_in)
    assert watched.due_at(DueAudit.TARGETED, TIMES) is None
