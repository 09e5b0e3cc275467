from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.engine.incidents.incident import (
    Acknowledgement,
    Incident,
    IncidentState,
    IncidentStatus,
)
from auditor.engine.incidents.policy import IncidentCounts, NotifyReason, SuppressReason, reason
from auditor.rule.severity import Severity
from tests.support.builders.findings import START, hours

LOW, MEDIUM, HIGH, CRITICAL = Severity
OPEN, WAIVED, RESOLVED = IncidentStatus


def told(
    standing: IncidentStatus = OPEN, severity: Severity = HIGH, *, affected: int = 0, **more
) -> Incident:
    """An incident that was last spoken of at the start."""
    card = IncidentState(
        rule="push-flag-off",
        title="",
        status=standing,
        severity=severity,
        since=START,
        dated=False,
        findings=1,
        lines=(),
        affected=affected,
    )
    incident = Incident(
        thread="incident/push-flag-off/1", state=card, notified_affected=affected, notified_at=START
    )
    return replace(incident, **more)


def now(open_: int = 1, severity: Severity = HIGH, **more) -> IncidentCounts:
    return IncidentCounts(severity=severity, open=open_, **more)


KNOWN = Acknowledgement(by="Ada", reason="being mended", until=hours(24 * 30))
HOUR, DAY, WEEK = 1, 24, 24 * 7

CASES = {
    "nothing was and nothing is": (None, now(0), HOUR, SuppressReason.NO_INCIDENT),
    "it was over and still is": (told(RESOLVED), now(0), HOUR, SuppressReason.NO_INCIDENT),
    "accepted before anybody heard of it": (
        None,
        now(0, waived=1),
        HOUR,
        SuppressReason.NO_INCIDENT,
    ),
    "it is there": (None, now(added=1), HOUR, NotifyReason.NEW),
    "it is there and had been before": (
        None,
        now(added=1, reopened=True),
        HOUR,
        NotifyReason.REOPENED,
    ),
    "it comes back": (told(RESOLVED), now(added=1, reopened=True), HOUR, NotifyReason.REOPENED),
    "another of its kind comes": (told(RESOLVED), now(added=1), HOUR, NotifyReason.REOPENED),
    "the waiver ends": (told(WAIVED), now(added=1), HOUR, NotifyReason.REOPENED),
    "it stays": (told(), now(), HOUR, SuppressReason.REMINDER_NOT_DUE),
    "the severity rises": (told(), now(severity=CRITICAL), HOUR, NotifyReason.WORSE),
    "the severity falls": (told(), now(severity=MEDIUM), HOUR, NotifyReason.BETTER),
    "one more is broken": (told(), now(2, added=1), HOUR, NotifyReason.WORSE),
    "one of several is mended": (told(), now(1, removed=1), HOUR, NotifyReason.BETTER),
    ("one is mended and another broken"): (
        told(),
        now(1, added=1, removed=1),
        HOUR,
        NotifyReason.WORSE,
    ),
    "somebody is hurt": (told(), now(affected=1), HOUR, NotifyReason.WORSE),
    "one more is hurt": (
        told(affected=10),
        now(affected=11),
        HOUR,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "twice as many are hurt": (told(affected=10), now(affected=20), HOUR, NotifyReason.WORSE),
    "fewer are hurt": (told(affected=10), now(affected=2), HOUR, SuppressReason.REMINDER_NOT_DUE),
    "it is mended": (told(), now(0, removed=1), HOUR, NotifyReason.RESOLVED),
    "it is accepted": (
        told(),
        now(0, removed=1, waived=1, newly_waived=1),
        HOUR,
        NotifyReason.WAIVED,
    ),
    "the rest is mended": (told(), now(0, removed=1, waived=1), HOUR, NotifyReason.RESOLVED),
    "it stays accepted": (told(WAIVED), now(0, waived=1), HOUR, SuppressReason.UNCHANGED),
    "what was accepted is mended": (told(WAIVED), now(0), HOUR, NotifyReason.RESOLVED),
    "critical after 3 h": (
        told(OPEN, CRITICAL),
        now(1, CRITICAL),
        3,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "critical after 4 h": (told(OPEN, CRITICAL), now(1, CRITICAL), 4, NotifyReason.REMINDER),
    "critical, reminded once, 23 h later": (
        told(OPEN, CRITICAL, reminders=1),
        now(1, CRITICAL),
        23,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "critical, reminded once, a day later": (
        told(OPEN, CRITICAL, reminders=1),
        now(1, CRITICAL),
        DAY,
        NotifyReason.REMINDER,
    ),
    "critical, reminded nine times, 6 days later": (
        told(OPEN, CRITICAL, reminders=9),
        now(1, CRITICAL),
        6 * DAY,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "critical, reminded nine times, a week later": (
        told(OPEN, CRITICAL, reminders=9),
        now(1, CRITICAL),
        WEEK,
        NotifyReason.REMINDER,
    ),
    "high after a day": (told(), now(), DAY, NotifyReason.REMINDER),
    "high, reminded once, a day later": (
        told(reminders=1),
        now(),
        DAY,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "high, reminded once, a week later": (told(reminders=1), now(), WEEK, NotifyReason.REMINDER),
    "medium after 6 days": (
        told(OPEN, MEDIUM),
        now(1, MEDIUM),
        6 * DAY,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "medium after a week": (told(OPEN, MEDIUM), now(1, MEDIUM), WEEK, NotifyReason.REMINDER),
    "low after a year": (told(OPEN, LOW), now(1, LOW), 365 * DAY, SuppressReason.NO_REMINDERS),
    "somebody knows": (told(acknowledgement=KNOWN), now(), WEEK, SuppressReason.ACKNOWLEDGED),
    "somebody knew, but no longer": (
        told(acknowledgement=KNOWN),
        now(),
        31 * DAY,
        NotifyReason.REMINDER,
    ),
    "somebody knows, and it gets worse": (
        told(acknowledgement=KNOWN),
        now(severity=CRITICAL),
        HOUR,
        NotifyReason.WORSE,
    ),
    "somebody knows, and it is mended": (
        told(acknowledgement=KNOWN),
        now(0, removed=1),
        HOUR,
        NotifyReason.RESOLVED,
    ),
    "the clock is put back": (told(), now(), -DAY, SuppressReason.REMINDER_NOT_DUE),
}


@pytest.mark.parametrize(("before", "situation", "later", "expected"), CASES.values(), ids=CASES)
def test_the_reason_to_speak_or_to_be_silent(before, situation, later, expected):
    assert reason(before, situation, START + timedelta(hours=later)) is expected
