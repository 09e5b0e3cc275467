"""What goes into the store, and what others take out of it to work on. Pure records."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from auditor.domain.collections import MissingData
from auditor.domain.snapshot import RateLimit
from auditor.engine.changes.configuration_paths import Configuration
from auditor.judge.announcement import Announcement
from auditor.judge.changes import Change
from auditor.judge.findings import Delta
from auditor.judge.spoken import Spoken


class RunRecord(Struct, frozen=True, kw_only=True):
    """All that one run leaves behind, kept as a whole or not at all."""

    target: str
    at: datetime
    follows: int | None
    """``Memory.last_run`` of the memory that it was judged against."""

    version: str
    """Of the auditor."""

    rules: dict[str, str]
    """Rule id to configuration hash: ``Evaluated.configurations``."""

    delta: Delta
    changes: tuple[Change, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    channels: tuple[str, ...] = ()
    """Where each announcement is to be told; each delivers, fails and retries for itself."""

    spoken: Spoken | None = None
    """What the next run must know of what is told; ``None``: what it knew before."""

    configuration: Configuration = field(default_factory=dict)
    """The set-up as seen; a collection that is not in it keeps its last look."""

    marks: dict[str, datetime] = field(default_factory=dict)
    """Collection name of a log to the instant up to which it was read."""

    seen: tuple[str, ...] = ()
    missing: dict[str, MissingData] = field(default_factory=dict)
    duration: float = 0.0
    """Seconds."""

    requests: int = 0
    request_ids: dict[str, str] = field(default_factory=dict)
    """``Snapshot.request_ids``."""

    rate_limits: tuple[RateLimit, ...] = ()
    """Only the last run's are kept."""

    snapshot: str = ""
    """Hash of the snapshot."""


class OutboxItem(Struct, frozen=True, kw_only=True):
    """Something to be told on one channel."""

    id: int
    target: str
    channel: str
    key: str
    """Names it for ever on its channel: an idempotency key."""

    payload: Any
    """An :class:`~auditor.judge.announce.Announcement`, as plain dicts and lists."""

    created_at: datetime
    attempts: int
    """With the present one."""

    in_doubt: bool
    """An earlier attempt ended without an answer: it may have been told already."""

    error: str | None = None
    """What the last attempt ran into."""


class Backlog(Struct, frozen=True, kw_only=True):
    """What the outbox holds."""

    waiting: int
    in_doubt: int
    given_up: int
    oldest_at: datetime | None
    """Since when the oldest waits."""
