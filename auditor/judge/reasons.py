"""The reason to speak about an incident, or the reason to be silent. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from auditor.judge.spoken import Incident, Standing
from auditor.rule.severity import Severity


class Reason(StrEnum):
    """Why something is said."""

    FIRST_SEEN = "first seen"
    REOPENED = "reopened"
    WORSE = "worse"
    BETTER = "better"
    WAIVED = "waived"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    ACKNOWLEDGED = "acknowledged"


class Silence(StrEnum):
    """Why nothing is said."""

    NOTHING_THERE = "nothing there"
    NOTHING_NEW = "nothing new"
    ACKNOWLEDGED = "acknowledged"
    NOT_YET = "no reminder due yet"
    NO_REMINDERS = "no reminders for this severity"


class Situation(Struct, frozen=True, kw_only=True):
    """What one run says of a rule, in numbers."""

    severity: Severity
    """Of the worst that is open."""

    open: int
    affected: int = 0
    added: int = 0
    """Of the open, those that were not open before."""

    gone: int = 0
    """No longer open."""

    waived: int = 0
    """There, and accepted by somebody."""

    accepted: int = 0
    """Of the waived, those that were not before."""

    came_back: bool = False
    """What was added had been there once before."""


_WEEK = timedelta(days=7)
REMIND_AFTER: dict[Severity, tuple[timedelta, ...]] = {
    Severity.CRITICAL: (timedelta(hours=4), timedelta(days=1), _WEEK),
    Severity.HIGH: (timedelta(days=1), _WEEK),
    Severity.MEDIUM: (_WEEK,),
    Severity.LOW: (),
}
"""Silences that end in a reminder, one after the other; the last one repeats."""

NOTABLE_GROWTH = 2
"""Somebody more is affected each day; so many times as many are news."""


def reason(before: Incident | None, now: Situation, at: datetime) -> Reason | Silence:
    """Say why to speak, or why not; ``before`` is what was last told."""
    stood = before.card.standing if before else Standing.RESOLVED
    if not now.open:
        return _over(stood, now)
    if before is None or stood is not Standing.OPEN:
        again = now.came_back or before is not None
        return Reason.REOPENED if again else Reason.FIRST_SEEN
    growth = now.severity.rank - before.card.severity.rank
    many = before.affected_told * NOTABLE_GROWTH
    grown = now.affected > before.affected_told and now.affected >= many
    if growth > 0 or now.added or grown:
        return Reason.WORSE
    if growth < 0 or now.gone:
        return Reason.BETTER
    return _reminder(before, now.severity, at)


def _over(stood: Standing, now: Situation) -> Reason | Silence:
    if stood is Standing.RESOLVED:
        return Silence.NOTHING_THERE
    if stood is Standing.OPEN:
        return Reason.WAIVED if now.accepted else Reason.RESOLVED
    return Silence.NOTHING_NEW if now.waived else Reason.RESOLVED


def _reminder(before: Incident, severity: Severity, at: datetime) -> Reason | Silence:
    waits = REMIND_AFTER[severity]
    if not waits:
        return Silence.NO_REMINDERS
    if before.ack and at < before.ack.until:
        return Silence.ACKNOWLEDGED
    wait = waits[min(before.reminders, len(waits) - 1)]
    return Reason.REMINDER if at - before.spoken_at >= wait else Silence.NOT_YET
