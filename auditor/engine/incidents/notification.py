"""Notifications: records with all facts, which each channel renders as text. Pure.

Their JSON is what the generic webhook sends. Fields may be added at any time, never removed.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.incident import Acknowledgement, IncidentOwner, IncidentState
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.rule.results import Evidence
from auditor.rule.severity import Severity


class NotificationKind(StrEnum):
    """The kind of message that shows an incident. The key of a thread begins with it."""

    INCIDENT = "incident"
    """One cause on a target."""

    BASELINE = "baseline"
    """All incidents of a target's first audit."""

    STORM = "storm"
    """Too many new incidents, or too many affected users, for one message each."""


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
    is_counting: bool = False
    """The affected users are not counted yet: ``affected`` is not their number."""

    added: int = 0
    """Findings that were not open before."""

    removed: int = 0
    """Findings that are no longer open."""

    open: int = 0
    """Findings that are open now."""

    lines: tuple[str, ...] = ()
    """The messages of the first new findings."""

    evidence: tuple[Evidence, ...] = ()
    """The first settings that the new findings are about. Evidence about users is left out."""

    change: Change | None = None
    """The change that caused the new findings, or that fixed the resolved ones."""

    last_reminder_at: datetime | None = None
    """When the last reminder before this update was due; ``None``: there was none."""

    note: str = ""
    acknowledgement: Acknowledgement | None = None
    owner: IncidentOwner | None = None
    """The new owner, after an assignment."""

    by: str = ""
    """Name of the user whose action it was; empty for an update by an audit."""

    slack_user: str = ""
    """Id of that user in Slack, if the action came from Slack."""

    @property
    def begins(self) -> bool:
        """Return whether the incident is new or reopened."""
        return self.reason in {NotifyReason.NEW, NotifyReason.REOPENED}

    @property
    def rises(self) -> bool:
        """Return whether the severity is higher than before."""
        before = self.severity_before
        return before is not None and self.severity.rank > before.rank


class Incidents(Struct, frozen=True, kw_only=True, tag="incidents"):
    """One incident, or several that share a message: a baseline, a storm."""

    kind: NotificationKind
    states: tuple[IncidentState, ...]
    """The present states of all incidents of the message, worst first."""

    updates: tuple[IncidentUpdate, ...] = ()
    """Empty when only a state changed: the message is edited, and no user is notified."""

    attach_report: bool = False
    rules: int | None = None
    """Rules of the audit; stated when ``kind`` is a baseline."""

    not_evaluated: int | None = None
    """Number of those rules that could not be evaluated."""


class ChangesNotice(Struct, frozen=True, kw_only=True, tag="changes"):
    """Changes of the configuration that neither caused nor fixed a finding."""

    changes: tuple[Change, ...]
    """The first twenty."""

    count: int
    alone: bool
    """Whether the audit has no new incident and no unknown rule."""


class Notice(Struct, frozen=True, kw_only=True, tag="notice"):
    """A notice about the auditor itself."""

    title: str
    steps: tuple[str, ...] = ()


class Digest(Struct, frozen=True, kw_only=True, tag="digest"):
    """The digest of a report."""

    since: datetime
    until: datetime
    verdict: str
    """The first line of the report."""

    completeness: str
    """How many rules were evaluated, in one sentence."""

    counts: dict[str, int]
    """New, reopened, resolved, still open."""

    overdue: tuple[str, ...] = ()
    expiring: tuple[str, ...] = ()
    """Waivers and attestations that expire soon."""

    week: str = ""
    """ISO week of the report, such as ``2026-W48``; empty for another period."""

    report_sha256: str = ""
    """Hash of the report page, so that a later change of the file is visible."""

    trend: tuple[tuple[date, int | None], ...] = ()
    """The Monday of each week, and its open findings; ``None`` for a week without an audit."""

    incomplete_weeks: tuple[date, ...] = ()
    """The Mondays of the weeks in ``trend`` whose last audit did not evaluate every rule."""


class Notification(Struct, frozen=True, kw_only=True):
    """A notification about one target."""

    key: str
    """Idempotency key: two notifications with the same key are the same notification."""

    thread: str
    """Key of the message that it begins or continues."""

    target: str
    at: datetime
    severity: Severity | None = None
    """The highest severity of its incidents. Together with ``rules`` it selects the recipients."""

    rules: tuple[str, ...] = ()
    mentions: bool = False
    """Whether users are mentioned: an incident is new or reopened, and it is no baseline."""

    about: Incidents | ChangesNotice | Notice | Digest


class Thread(Struct, frozen=True, kw_only=True):
    """A message of the auditor in a channel, and what it shows."""

    target: str
    channel: str
    """The channel, as the configuration names it."""

    key: str
    """``Notification.thread``."""

    channel_id: str
    ts: str
    """Slack's timestamp of the message, which is its id."""

    shows: str
    """Hash of its text and blocks. An equal hash needs no edit."""

    outbox_id: int
    """Id of the last row of the outbox that it shows; older rows do not change it."""

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
    """A notification for one channel."""

    id: int
    target: str
    channel: str
    key: str
    """Idempotency key within the channel."""

    payload: Any
    """A :class:`Notification`, as plain dicts and lists."""

    created_at: datetime
    attempts: int
    """The number of attempts, with the present one."""

    uncertain: bool
    """An earlier attempt ended without an answer: it may be delivered already."""

    error: str | None = None
    """The error of the last attempt; ``None`` when there is none."""


class Backlog(Struct, frozen=True, kw_only=True):
    """The notifications in the outbox, in numbers."""

    waiting: int
    uncertain: int
    failed: int
    oldest_at: datetime | None
    """When the oldest waiting one was added; ``None`` when none waits."""
