"""A target under watch: the events that wait for an audit, and the audit that is due. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from auditor.domain.okta import LogEvent
from auditor.domain.unleash import Event

FULL_AUDIT_PAUSE: Final = timedelta(minutes=15)
"""The watch starts a full audit of a target at most once in this time."""


class WatchedEvent(Struct, frozen=True, kw_only=True):
    """An entry of a log that concerns a target and waits for an audit of it."""

    target: str
    id: str
    """Unique within the target: ``okta/UUID`` or ``unleash/NUMBER``."""

    published_at: datetime
    seen_at: datetime
    """When it was polled. Okta can add an event minutes after ``published_at``."""

    okta: LogEvent | None = None
    unleash: Event | None = None


class WatchTimes(Struct, frozen=True, kw_only=True):
    """How long an event waits, and how often a target is audited."""

    debounce: timedelta = timedelta(seconds=20)
    """A targeted audit waits until there was no further event for so long."""

    max_debounce: timedelta = timedelta(seconds=60)
    """The longest wait after the first event."""

    pause: timedelta = timedelta(minutes=5)
    """A target has at most one targeted audit in this time."""


class DueAudit(StrEnum):
    """The audit that a target needs."""

    TARGETED = "targeted"
    FULL = "full"


class WatchedTarget(Struct, frozen=True, kw_only=True):
    """The stored state of a target under watch."""

    target: str
    events: tuple[WatchedEvent, ...] = ()
    """Those that wait for an audit, oldest first."""

    targeted_at: datetime | None = None
    """When the last targeted audit began."""

    deferred_until: datetime | None = None
    """A targeted audit found the share of a rate limit spent, and is tried again then."""

    full_requested_at: datetime | None = None
    """When a full audit was requested; ``None``: none is."""

    full_reason: str = ""
    full_started_at: datetime | None = None
    """When the watch last started a full audit."""

    def due_at(self, kind: DueAudit, times: WatchTimes) -> datetime | None:
        """Return when an audit of this kind is due; ``None``: nothing asks for one."""
        if kind is DueAudit.FULL:
            if self.full_requested_at is None:
                return None
            return _latest(self.full_requested_at, _after(self.full_started_at, FULL_AUDIT_PAUSE))
        if not self.events:
            return None
        # The clock of Okta can be ahead of ours.
        last = max(min(each.published_at, each.seen_at) for each in self.events)
        first = min(each.seen_at for each in self.events)
        settled = min(last + times.debounce, first + times.max_debounce)
        return _latest(
            max(settled, first), _after(self.targeted_at, times.pause), self.deferred_until
        )


def _after(at: datetime | None, pause: timedelta) -> datetime | None:
    return at + pause if at else None


def _latest(at: datetime, *others: datetime | None) -> datetime:
    return max((at, *(each for each in others if each)))
