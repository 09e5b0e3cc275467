"""When the audit of a target under watch is due."""

from datetime import timedelta

import pytest

from auditor.engine.watch.watched_target import DueAudit, WatchedEvent, WatchedTarget, WatchTimes
from tests.support.builders.findings import START

FIRST = (0, 0)
DUE = {
    "quiet": ([FIRST], 20),
    "a further event": ([FIRST, (30, 30)], 50),
    "events without a pause": ([FIRST, (30, 30), (58, 58)], 60),
    "published long before it was seen": ([(-300, 0)], 0),
    "a clock that is ahead": ([(90, 0)], 20),
}
"""Seconds at which each event was published and seen, and at which the audit is due."""


@pytest.mark.parametrize(("events", "seconds"), DUE.values(), ids=DUE)
def test_a_targeted_audit_waits_for_further_events_but_not_for_long(events, seconds):
    waiting = tuple(
        WatchedEvent(
            target="production",
            id=f"okta/{published}",
            published_at=START + timedelta(seconds=published),
            seen_at=START + timedelta(seconds=seen),
        )
        for published, seen in events
    )
    watched = WatchedTarget(target="production", events=waiting)
    due_at = watched.due_at(DueAudit.TARGETED, WatchTimes())
    assert due_at == START + timedelta(seconds=seconds)
    assert watched.due_at(DueAudit.FULL, WatchTimes()) is None
