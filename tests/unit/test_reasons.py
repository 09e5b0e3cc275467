from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.judge.reasons import Reason, Silence, Situation, reason
from auditor.judge.spoken import Ack, Card, Incident, Standing
from auditor.rule.severity import Severity
from tests.unit.judging import START, hours

LOW, MEDIUM, HIGH, CRITICAL = Severity
OPEN, WAIVED, RESOLVED = Standing


def told(
    standing: Standing = OPEN, severity: Severity = HIGH, *, affected: int = 0, **more
) -> Incident:
    """An incident that was last spoken of at the start."""
    card = Card(
        rule="push-flag-off",
        title="",
        standing=standing,
        severity=severity,
        since=START,
        dated=False,
        findings=1,
        lines=(),
        affected=affected,
    )
    incident = Incident(
        thread="incident/push-flag-off/1", card=card, affected_told=affected, spoken_at=START
    )
    return replace(incident, **more)


def now(open_: int = 1, severity: Severity = HIGH, **more) -> Situation:
    return Situation(severity=severity, open=open_, **more)


KNOWN = Ack(by="Ada", reason="being mended", until=hours(24 * 30))
HOUR, DAY, WEEK = 1, 24, 24 * 7

CASES = {
    "nothing was and nothing is": (None, now(0), HOUR, Silence.NOTHING_THERE),
    "it was over and still is": (told(RESOLVED), now(0), HOUR, Silence.NOTHING_THERE),
    "accepted before anybody heard of it": (None, now(0, waived=1), HOUR, Silence.NOTHING_THERE),
    "it is there": (None, now(added=1), HOUR, Reason.FIRST_SEEN),
    "it is there and had been before": (
        None,
        now(added=1, came_back=True),
        HOUR,
        Reason.REOPENED,
    ),
    "it comes back": (told(RESOLVED), now(added=1, came_back=True), HOUR, Reason.REOPENED),
    "another of its kind comes": (told(RESOLVED), now(added=1), HOUR, Reason.REOPENED),
    "the waiver ends": (told(WAIVED), now(added=1), HOUR, Reason.REOPENED),
    "it stays": (told(), now(), HOUR, Silence.NOT_YET),
    "the severity rises": (told(), now(severity=CRITICAL), HOUR, Reason.WORSE),
    "the severity falls": (told(), now(severity=MEDIUM), HOUR, Reason.BETTER),
    "one more is broken": (told(), now(2, added=1), HOUR, Reason.WORSE),
    "one of several is mended": (told(), now(1, gone=1), HOUR, Reason.BETTER),
    "one is mended and another broken": (told(), now(1, added=1, gone=1), HOUR, Reason.WORSE),
    "somebody is hurt": (told(), now(affected=1), HOUR, Reason.WORSE),
    "one more is hurt": (told(affected=10), now(affected=11), HOUR, Silence.NOT_YET),
    "twice as many are hurt": (told(affected=10), now(affected=20), HOUR, Reason.WORSE),
    "fewer are hurt": (told(affected=10), now(affected=2), HOUR, Silence.NOT_YET),
    "it is mended": (told(), now(0, gone=1), HOUR, Reason.RESOLVED),
    "it is accepted": (told(), now(0, gone=1, waived=1, accepted=1), HOUR, Reason.WAIVED),
    "the rest is mended": (told(), now(0, gone=1, waived=1), HOUR, Reason.RESOLVED),
    "it stays accepted": (told(WAIVED), now(0, waived=1), HOUR, Silence.NOTHING_NEW),
    "what was accepted is mended": (told(WAIVED), now(0), HOUR, Reason.RESOLVED),
    "critical after 3 h": (told(OPEN, CRITICAL), now(1, CRITICAL), 3, Silence.NOT_YET),
    "critical after 4 h": (told(OPEN, CRITICAL), now(1, CRITICAL), 4, Reason.REMINDER),
    "critical, reminded once, 23 h later": (
        told(OPEN, CRITICAL, reminders=1),
        now(1, CRITICAL),
        23,
        Silence.NOT_YET,
    ),
    "critical, reminded once, a day later": (
        told(OPEN, CRITICAL, reminders=1),
        now(1, CRITICAL),
        DAY,
        Reason.REMINDER,
    ),
    "critical, reminded nine times, 6 days later": (
        told(OPEN, CRITICAL, reminders=9),
        now(1, CRITICAL),
        6 * DAY,
        Silence.NOT_YET,
    ),
    "critical, reminded nine times, a week later": (
        told(OPEN, CRITICAL, reminders=9),
        now(1, CRITICAL),
        WEEK,
        Reason.REMINDER,
    ),
    "high after a day": (told(), now(), DAY, Reason.REMINDER),
    "high, reminded once, a day later": (told(reminders=1), now(), DAY, Silence.NOT_YET),
    "high, reminded once, a week later": (told(reminders=1), now(), WEEK, Reason.REMINDER),
    "medium after 6 days": (told(OPEN, MEDIUM), now(1, MEDIUM), 6 * DAY, Silence.NOT_YET),
    "medium after a week": (told(OPEN, MEDIUM), now(1, MEDIUM), WEEK, Reason.REMINDER),
    "low after a year": (told(OPEN, LOW), now(1, LOW), 365 * DAY, Silence.NO_REMINDERS),
    "somebody knows": (told(ack=KNOWN), now(), WEEK, Silence.ACKNOWLEDGED),
    "somebody knew, but no longer": (told(ack=KNOWN), now(), 31 * DAY, Reason.REMINDER),
    "somebody knows, and it gets worse": (
        told(ack=KNOWN),
        now(severity=CRITICAL),
        HOUR,
        Reason.WORSE,
    ),
    "somebody knows, and it is mended": (told(ack=KNOWN), now(0, gone=1), HOUR, Reason.RESOLVED),
    "the clock is put back": (told(), now(), -DAY, Silence.NOT_YET),
}


@pytest.mark.parametrize(("before", "situation", "later", "expected"), CASES.values(), ids=CASES)
def test_the_reason_to_speak_or_to_be_silent(before, situation, later, expected):
    assert reason(before, situation, START + timedelta(hours=later)) is expected
