from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.engine.incidents.incident import Acknowledgement, Incident, IncidentStatus
from auditor.engine.incidents.notification_policy import (
    IncidentCounts,
    NotifyReason,
    SuppressReason,
    reason_to_notify,
)
from auditor.rule.severity import Severity
from tests.support.builders.findings import START, hours
from tests.support.builders.incidents import incident

LOW, MEDIUM, HIGH, CRITICAL = Severity
OPEN, WAIVED, RESOLVED = IncidentStatus


def incident_with(
    status: IncidentStatus = OPEN, severity: Severity = HIGH, *, affected: int = 0, **more
) -> Incident:
    """Return an incident whose last notification was at the start."""
    before = incident(status=status, severity=severity, affected=affected)
    return replace(before, **more)


def acknowledged(severity: Severity = HIGH, *, affected: int = 0) -> Incident:
    before = incident_with(OPEN, severity, affected=affected)
    return replace(before, state=replace(before.state, acknowledgement=KNOWN))


def now(open_: int = 1, severity: Severity = HIGH, **more) -> IncidentCounts:
    return IncidentCounts(severity=severity, open=open_, **more)


KNOWN = Acknowledgement(by="Ada", reason="being fixed", until=hours(24 * 30))
HOUR, DAY, WEEK = 1, 24, 24 * 7

CASES = {
    "no incident and no finding": (None, now(0), HOUR, SuppressReason.NO_INCIDENT),
    "it was resolved and stays resolved": (
        incident_with(RESOLVED),
        now(0),
        HOUR,
        SuppressReason.NO_INCIDENT,
    ),
    "waived before it was sent": (
        None,
        now(0, waived=1),
        HOUR,
        SuppressReason.NO_INCIDENT,
    ),
    "a finding is new": (None, now(added=1), HOUR, NotifyReason.NEW),
    "a finding is new and was open before": (
        None,
        now(added=1, reopened=True),
        HOUR,
        NotifyReason.REOPENED,
    ),
    "a resolved incident reopens": (
        incident_with(RESOLVED),
        now(added=1, reopened=True),
        HOUR,
        NotifyReason.REOPENED,
    ),
    "a resolved incident has a new finding": (
        incident_with(RESOLVED),
        now(added=1),
        HOUR,
        NotifyReason.REOPENED,
    ),
    "the waiver ends": (incident_with(WAIVED), now(added=1), HOUR, NotifyReason.REOPENED),
    "nothing changes": (incident_with(), now(), HOUR, SuppressReason.REMINDER_NOT_DUE),
    "the severity rises": (incident_with(), now(severity=CRITICAL), HOUR, NotifyReason.WORSE),
    "the severity falls": (incident_with(), now(severity=MEDIUM), HOUR, NotifyReason.BETTER),
    "one finding more": (incident_with(), now(2, added=1), HOUR, NotifyReason.WORSE),
    "one of several findings is fixed": (
        incident_with(),
        now(1, removed=1),
        HOUR,
        NotifyReason.BETTER,
    ),
    "one finding is fixed and another is new": (
        incident_with(),
        now(1, added=1, removed=1),
        HOUR,
        NotifyReason.WORSE,
    ),
    "a first user is affected": (incident_with(), now(affected=1), HOUR, NotifyReason.WORSE),
    "one user more is affected": (
        incident_with(affected=10),
        now(affected=11),
        HOUR,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "twice as many users are affected": (
        incident_with(affected=10),
        now(affected=20),
        HOUR,
        NotifyReason.WORSE,
    ),
    "fewer users are affected": (
        incident_with(affected=10),
        now(affected=2),
        HOUR,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "the finding is fixed": (incident_with(), now(0, removed=1), HOUR, NotifyReason.RESOLVED),
    "the finding is waived": (
        incident_with(),
        now(0, removed=1, waived=1, newly_waived=1),
        HOUR,
        NotifyReason.WAIVED,
    ),
    "the findings that are not waived are fixed": (
        incident_with(),
        now(0, removed=1, waived=1),
        HOUR,
        NotifyReason.RESOLVED,
    ),
    "it stays waived": (incident_with(WAIVED), now(0, waived=1), HOUR, SuppressReason.UNCHANGED),
    "the waived finding is fixed": (incident_with(WAIVED), now(0), HOUR, NotifyReason.RESOLVED),
    "critical after 3 h": (
        incident_with(OPEN, CRITICAL),
        now(1, CRITICAL),
        3,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "critical after 4 h": (
        incident_with(OPEN, CRITICAL),
        now(1, CRITICAL),
        4,
        NotifyReason.REMINDER,
    ),
    "critical, reminded once, 23 h later": (
        incident_with(OPEN, CRITICAL, reminders=1),
        now(1, CRITICAL),
        23,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "critical, reminded once, a day later": (
        incident_with(OPEN, CRITICAL, reminders=1),
        now(1, CRITICAL),
        DAY,
        NotifyReason.REMINDER,
    ),
    "critical, reminded nine times, 6 days later": (
        incident_with(OPEN, CRITICAL, reminders=9),
        now(1, CRITICAL),
        6 * DAY,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "critical, reminded nine times, a week later": (
        incident_with(OPEN, CRITICAL, reminders=9),
        now(1, CRITICAL),
        WEEK,
        NotifyReason.REMINDER,
    ),
    "high after a day": (incident_with(), now(), DAY, NotifyReason.REMINDER),
    "high, reminded once, a day later": (
        incident_with(reminders=1),
        now(),
        DAY,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "high, reminded once, a week later": (
        incident_with(reminders=1),
        now(),
        WEEK,
        NotifyReason.REMINDER,
    ),
    "medium after 6 days": (
        incident_with(OPEN, MEDIUM),
        now(1, MEDIUM),
        6 * DAY,
        SuppressReason.REMINDER_NOT_DUE,
    ),
    "medium after a week": (
        incident_with(OPEN, MEDIUM),
        now(1, MEDIUM),
        WEEK,
        NotifyReason.REMINDER,
    ),
    "low after a year": (
        incident_with(OPEN, LOW),
        now(1, LOW),
        365 * DAY,
        SuppressReason.NO_REMINDERS,
    ),
    "acknowledged": (
        acknowledged(),
        now(),
        WEEK,
        SuppressReason.ACKNOWLEDGED,
    ),
    "the acknowledgement has expired": (
        acknowledged(),
        now(),
        31 * DAY,
        NotifyReason.REMINDER,
    ),
    "acknowledged, and it gets worse": (
        acknowledged(),
        now(severity=CRITICAL),
        HOUR,
        NotifyReason.WORSE,
    ),
    "acknowledged, and it is fixed": (
        acknowledged(),
        now(0, removed=1),
        HOUR,
        NotifyReason.RESOLVED,
    ),
    "the clock is set back": (incident_with(), now(), -DAY, SuppressReason.REMINDER_NOT_DUE),
}


@pytest.mark.parametrize(("before", "situation", "later", "expected"), CASES.values(), ids=CASES)
def test_the_reason_to_notify_or_to_suppress(before, situation, later, expected):
    assert reason_to_notify(before, situation, START + timedelta(hours=later)) is expected
