"""Why an audit notifies about an incident, or why it does not. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from auditor.engine.incidents.incident import Incident, IncidentStatus
from auditor.rule.severity import Severity


class NotifyReason(StrEnum):
    """Why a notification is sent."""

    NEW = "new"
    REOPENED = "reopened"
    WORSE = "worse"
    BETTER = "better"
    WAIVED = "waived"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    ACKNOWLEDGED = "acknowledged"
    RESUMED = "resumed"
    ASSIGNED = "assigned"
    AFFECTED_SHOWN = "affected_shown"
    RECHECKED = "rechecked"


class SuppressReason(StrEnum):
    """Why no notification is sent."""

    NO_INCIDENT = "no_incident"
    UNCHANGED = "unchanged"
    ACKNOWLEDGED = "acknowledged"
    REMINDER_NOT_DUE = "reminder_not_due"
    NO_REMINDERS = "no_reminders"


class IncidentCounts(Struct, frozen=True, kw_only=True):
    """The findings of one incident after an audit, in numbers."""

    severity: Severity
    """The severity of the worst open finding."""

    open: int
    affected: int = 0
    added: int = 0
    """Open findings that were not open before."""

    removed: int = 0
    """Findings that are no longer open."""

    waived: int = 0
    """Findings that a waiver covers."""

    newly_waived: int = 0
    """Waived findings that were not waived before."""

    reopened: bool = False
    """Whether an added finding was resolved before."""


_WEEK = timedelta(days=7)
REMIND_AFTER: Mapping[Severity, tuple[timedelta, ...]] = MappingProxyType(
    {
        Severity.CRITICAL: (timedelta(hours=4), timedelta(days=1), _WEEK),
        Severity.HIGH: (timedelta(days=1), _WEEK),
        Severity.MEDIUM: (_WEEK,),
        Severity.LOW: (),
    }
)
"""Times from one notification to the next reminder, in order; the last one repeats. Without a time,
there is no reminder."""

# Joiners add a few users every day; a message for each would teach readers to ignore messages.
NOTABLE_GROWTH = 2
"""Factor by which the number of affected users must grow since the last notification to notify
again."""


def reason_to_notify(
    before: Incident | None,
    now: IncidentCounts,
    at: datetime,
    remind_after: Mapping[Severity, tuple[timedelta, ...]] = REMIND_AFTER,
) -> NotifyReason | SuppressReason:
    """Return why to notify, or why not; ``before`` is the incident as it was last notified."""
    status = before.state.status if before else IncidentStatus.RESOLVED
    if not now.open:
        return _over(status, now)
    if before is None or status is not IncidentStatus.OPEN:
        again = now.reopened or before is not None
        return NotifyReason.REOPENED if again else NotifyReason.NEW
    growth = now.severity.rank - before.state.severity.rank
    # The factor alone would call an incident worse that stays at 0 affected users.
    many = before.notified_affected * NOTABLE_GROWTH
    grown = now.affected > before.notified_affected and now.affected >= many
    # The first count of the affected users is no growth.
    grown = grown and not before.state.is_counting
    # If findings open and close in one audit, the new ones decide.
    if growth > 0 or now.added or grown:
        return NotifyReason.WORSE
    if growth < 0 or now.removed:
        return NotifyReason.BETTER
    return _reminder(before, remind_after[now.severity], at)


def _over(status: IncidentStatus, now: IncidentCounts) -> NotifyReason | SuppressReason:
    if status is IncidentStatus.RESOLVED:
        return SuppressReason.NO_INCIDENT
    if status is IncidentStatus.OPEN:
        return NotifyReason.WAIVED if now.newly_waived else NotifyReason.RESOLVED
    return SuppressReason.UNCHANGED if now.waived else NotifyReason.RESOLVED


def _reminder(
    before: Incident, waits: tuple[timedelta, ...], at: datetime
) -> NotifyReason | SuppressReason:
    if not waits:
        return SuppressReason.NO_REMINDERS
    acknowledgement = before.state.acknowledgement
    if acknowledgement and acknowledgement.holds(at):
        return SuppressReason.ACKNOWLEDGED
    wait = waits[min(before.reminders, len(waits) - 1)]
    return (
        NotifyReason.REMINDER
        if at - before.notified_at >= wait
        else SuppressReason.REMINDER_NOT_DUE
    )


EXPIRY_NOTICE = timedelta(days=14)
"""Default of :attr:`NotificationPolicy.expiry_notice`."""


class NotificationPolicy(Struct, frozen=True, kw_only=True):
    """The limits that decide what is notified, and in how many messages."""

    combine_above: int = 3
    """More new causes than this in one audit share one message."""

    combine_affected: int = 10_000
    """Number of affected users of one new incident from which all new incidents share one message,
    with the report."""

    not_evaluated_after: int = 3
    """Audits in a row in which a rule is unknown before that is notified."""

    stale_after: timedelta = timedelta(hours=26)
    """Time without an audit after which that is notified. The default allows a daily audit to begin
    late or to take long, by two hours together. For more frequent audits, a shorter time is better.
    """

    remind_after: Mapping[Severity, tuple[timedelta, ...]] = REMIND_AFTER
    """As :data:`REMIND_AFTER`, for each severity."""

    expiry_notice: timedelta = EXPIRY_NOTICE
    """Time before the end of a token, an attestation or a waiver to notify it."""
