"""The reason to speak about an incident, or the reason to be silent. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from auditor.engine.incidents.incident import Incident, IncidentStatus
from auditor.rule.severity import Severity


class NotifyReason(StrEnum):
    """Why something is said."""

    NEW = "new"
    REOPENED = "reopened"
    WORSE = "worse"
    BETTER = "better"
    WAIVED = "waived"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    ACKNOWLEDGED = "acknowledged"


class SuppressReason(StrEnum):
    """Why nothing is said."""

    NO_INCIDENT = "no_incident"
    UNCHANGED = "unchanged"
    ACKNOWLEDGED = "acknowledged"
    REMINDER_NOT_DUE = "reminder_not_due"
    NO_REMINDERS = "no_reminders"


class IncidentCounts(Struct, frozen=True, kw_only=True):
    """What one run says of a rule, in numbers."""

    severity: Severity
    """Of the worst that is open."""

    open: int
    affected: int = 0
    added: int = 0
    """Of the open, those that were not open before."""

    removed: int = 0
    """No longer open."""

    waived: int = 0
    """There, and accepted by somebody."""

    newly_waived: int = 0
    """Of the waived, those that were not before."""

    reopened: bool = False
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


def reason(
    before: Incident | None, now: IncidentCounts, at: datetime
) -> NotifyReason | SuppressReason:
    """Say why to speak, or why not; ``before`` is what was last told."""
    stood = before.state.status if before else IncidentStatus.RESOLVED
    if not now.open:
        return _over(stood, now)
    if before is None or stood is not IncidentStatus.OPEN:
        again = now.reopened or before is not None
        return NotifyReason.REOPENED if again else NotifyReason.NEW
    growth = now.severity.rank - before.state.severity.rank
    many = before.notified_affected * NOTABLE_GROWTH
    grown = now.affected > before.notified_affected and now.affected >= many
    if growth > 0 or now.added or grown:
        return NotifyReason.WORSE
    if growth < 0 or now.removed:
        return NotifyReason.BETTER
    return _reminder(before, now.severity, at)


def _over(stood: IncidentStatus, now: IncidentCounts) -> NotifyReason | SuppressReason:
    if stood is IncidentStatus.RESOLVED:
        return SuppressReason.NO_INCIDENT
    if stood is IncidentStatus.OPEN:
        return NotifyReason.WAIVED if now.newly_waived else NotifyReason.RESOLVED
    return SuppressReason.UNCHANGED if now.waived else NotifyReason.RESOLVED


def _reminder(before: Incident, severity: Severity, at: datetime) -> NotifyReason | SuppressReason:
    waits = REMIND_AFTER[severity]
    if not waits:
        return SuppressReason.NO_REMINDERS
    if before.acknowledgement and at < before.acknowledgement.until:
        return SuppressReason.ACKNOWLEDGED
    wait = waits[min(before.reminders, len(waits) - 1)]
    return (
        NotifyReason.REMINDER
        if at - before.notified_at >= wait
        else SuppressReason.REMINDER_NOT_DUE
    )


class NotificationPolicy(Struct, frozen=True, kw_only=True):
    """What decides between a message, silence and a digest."""

    combine_above: int = 3
    """More new causes than this in one audit share one message."""

    combine_affected: int = 10_000
    """New incidents are one message, with the report, when one of them hurts so many people."""

    not_evaluated_after: int = 3
    """Runs in a row in which a rule was blind until that is told."""

    stale_after: timedelta = timedelta(hours=26)
    """Without an audit for so long, the silence is told."""

    expiry_notice: timedelta = timedelta(days=14)
    """So long before a token, an attestation or a waiver ends it is spoken of."""
