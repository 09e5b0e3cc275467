"""What is told: records that are whole in themselves, for any channel to put into words. Pure.

Their JSON is what the generic webhook sends; fields may be added at any time, never taken away.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.incident import Acknowledgement, IncidentState
from auditor.engine.incidents.policy import NotifyReason
from auditor.rule.severity import Severity


class NotificationKind(StrEnum):
    """What kind of message stands for an incident; a thread's name begins with it."""

    INCIDENT = "incident"
    """One rule on a target."""

    BASELINE = "baseline"
    """Where a target stood when it was first audited."""

    STORM = "storm"
    """Too many at once, or too many people hurt, for a message each."""


class IncidentUpdate(Struct, frozen=True, kw_only=True):
    """What happened to one incident."""

    cause: str = ""
    """Id of the cause; empty for the incident of unknown rules."""

    rule: str
    reason: NotifyReason
    at: datetime
    since: datetime
    severity: Severity
    severity_before: Severity | None = None
    affected: int = 0
    affected_before: int = 0
    added: int = 0
    """Findings that were not open before."""

    removed: int = 0
    """Findings that are no longer open."""

    open: int = 0
    """Findings that stand open now."""

    lines: tuple[str, ...] = ()
    """What is new, in a sentence each; the first few."""

    change: Change | None = None
    """What brought it about, or mended it."""

    note: str = ""
    acknowledgement: Acknowledgement | None = None

    @property
    def begins(self) -> bool:
        """Tell whether an incident begins with it, for the first time or again."""
        return self.reason in {NotifyReason.NEW, NotifyReason.REOPENED}

    @property
    def rises(self) -> bool:
        """Tell whether the incident is more severe than it was."""
        before = self.severity_before
        return before is not None and self.severity.rank > before.rank


class Incidents(Struct, frozen=True, kw_only=True, tag="incidents"):
    """One incident, or several that share a message: a baseline, a storm."""

    kind: NotificationKind
    states: tuple[IncidentState, ...]
    """All that the message stands for, as they stand now."""

    updates: tuple[IncidentUpdate, ...] = ()
    """Empty: only what is shown changed, and nobody need be disturbed."""

    attach_report: bool = False
    rules: int | None = None
    """Rules of the audit; stated when ``kind`` is a baseline."""

    not_evaluated: int | None = None
    """Of these, the rules that could not be evaluated."""


class ChangesNotice(Struct, frozen=True, kw_only=True, tag="changes"):
    """Changes of the set-up to which no breach was traced."""

    changes: tuple[Change, ...]
    """The first twenty."""

    count: int
    alone: bool
    """Nothing broke in the same run; otherwise one of them may be behind it all the same."""


class Notice(Struct, frozen=True, kw_only=True, tag="notice"):
    """Something about the auditor itself."""

    title: str
    steps: tuple[str, ...] = ()


class Digest(Struct, frozen=True, kw_only=True, tag="digest"):
    """How the week was."""

    since: datetime
    until: datetime
    verdict: str
    """The report's own first line."""

    completeness: str
    """How much of what should be looked at was looked at."""

    counts: dict[str, int]
    """New, reopened, resolved, still open."""

    overdue: tuple[str, ...] = ()
    expiring: tuple[str, ...] = ()
    """Waivers and attestations that end soon."""

    week: str = ""
    """ISO week of the report, such as ``2026-W48``; empty for another period."""

    report_sha256: str = ""
    """Hash of the report page, so that a later change of the file is visible."""

    trend: tuple[tuple[date, int | None], ...] = ()
    """Weeks by their Monday, and how many findings stood open at their end, if anybody looked."""


class Notification(Struct, frozen=True, kw_only=True):
    """Something to be told about one target."""

    key: str
    """Names it for ever: delivering the same key twice is saying the same thing twice."""

    thread: str
    """Names the message that it begins or continues."""

    target: str
    at: datetime
    severity: Severity | None = None
    """Of the worst that it is about; with ``rules`` it decides who is told."""

    rules: tuple[str, ...] = ()
    mentions: bool = False
    """It is worth calling somebody: first seen or reopened, and no baseline."""

    about: Incidents | ChangesNotice | Notice | Digest


class Thread(Struct, frozen=True, kw_only=True):
    """A message of ours in a channel, and what it shows."""

    target: str
    channel: str
    """As the configuration names it."""

    key: str
    """``Announcement.thread``."""

    channel_id: str
    ts: str
    """Slack's name for the message."""

    shows: str
    """Hash of its text and blocks: the same again is no call."""

    outbox_id: int
    """The row of the outbox that it was last told; an older one has nothing to add."""

    at: datetime
    """When it last changed."""


class HeldItem(Struct, frozen=True, kw_only=True):
    """A notification that waits for delivery."""

    id: int
    error: str
    """Why it waits: the error of its last attempt, or another reason."""

    retry_at: datetime | None = None
    """When it is due again; ``None``: it is due now."""


class OutboxItem(Struct, frozen=True, kw_only=True):
    """Something to be told on one channel."""

    id: int
    target: str
    channel: str
    key: str
    """Names it for ever on its channel: an idempotency key."""

    payload: Any
    """An :class:`~auditor.engine.incidents.decision.Announcement`, as plain dicts and lists."""

    created_at: datetime
    attempts: int
    """With the present one."""

    uncertain: bool
    """An earlier attempt ended without an answer: it may have been told already."""

    error: str | None = None
    """What the last attempt ran into."""


class Backlog(Struct, frozen=True, kw_only=True):
    """What the outbox holds."""

    waiting: int
    uncertain: int
    failed: int
    oldest_at: datetime | None
    """Since when the oldest waits."""
