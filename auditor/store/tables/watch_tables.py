"""What the watch has seen: a cursor for each log, the events of each target, requested audits."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from auditor.store.tables.column_types import TableRow, json_column, target_reference


class WatchCursorRow(TableRow, table=True):
    """The position up to which the log of an org or an instance was polled."""

    __tablename__ = "watch_cursor"

    origin: str = Field(primary_key=True)
    """URL of the org or of the instance."""

    at: datetime
    """When it was last polled."""

    position: Any = json_column()


class WatchedEventRow(TableRow, table=True):
    """An event that starts an audit of a target. Its id stays, so that it starts no second one."""

    __tablename__ = "watched_event"
    __table_args__ = (Index(None, "target_id", "audited_at"),)

    target_id: int = target_reference(primary_key=True)
    id: str = Field(primary_key=True)
    published_at: datetime
    seen_at: datetime
    audited_at: datetime | None = None
    """``None``: it waits for an audit."""

    body: Any = json_column(nullable=True)
    """The event while it waits; ``None`` afterwards, because it names users."""


class WatchedTargetRow(TableRow, table=True):
    """When the watch audited a target, and the full audit that it requests."""

    __tablename__ = "watched_target"

    target_id: int = target_reference(primary_key=True)
    targeted_at: datetime | None = None
    deferred_until: datetime | None = None
    full_requested_at: datetime | None = None
    full_reason: str
    full_started_at: datetime | None = None
