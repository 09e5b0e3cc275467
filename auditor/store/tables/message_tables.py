"""Notifications, the messages in channels, and what users did about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from auditor.store.tables.column_types import (
    TableRow,
    external_text,
    json_column,
    target_reference,
)


class OutboxRow(TableRow, table=True):
    """One notification on one channel. It is delivered, failed, or waits for its next attempt."""

    __tablename__ = "outbox"
    __table_args__ = (
        # A notification that is stored again is not sent again.
        UniqueConstraint("target_id", "channel", "key"),
        # It finds the notifications that wait: they have neither time.
        Index(None, "delivered_at", "failed_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = target_reference()
    channel: str
    key: str
    payload: Any = json_column()
    created_at: datetime
    attempts: int
    claimed_by: str | None = None
    """The claim token of the process that delivers it. It remains when the process is killed."""

    uncertain: bool
    """An attempt ended without an answer, so the notification may have been delivered."""

    attempt_failed_at: datetime | None = None
    retry_at: datetime | None = None
    error: str | None = external_text(nullable=True)
    delivered_at: datetime | None = None
    receipt: Any = json_column(nullable=True)
    failed_at: datetime | None = None


class ThreadRow(TableRow, table=True):
    """A message in a channel that later messages edit or reply to."""

    __tablename__ = "thread"

    target_id: int = target_reference(primary_key=True)
    channel: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    channel_id: str
    ts: str
    shows: str
    outbox_id: int
    at: datetime


class IncidentActionRow(TableRow, table=True):
    """What a user did about an incident. A row without an outcome waits to be applied."""

    __tablename__ = "incident_action"
    __table_args__ = (
        # An action that Slack sends again has no second effect.
        UniqueConstraint("target_id", "key"),
        Index(None, "target_id", "at"),
        Index(None, "outcome"),
    )

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = target_reference()
    key: str
    incident: str
    kind: str
    via: str
    at: datetime
    by: str = external_text()
    slack_user: str
    title: str = external_text()
    until: datetime | None = None
    reason: str = external_text()
    owner: str = external_text()
    channel_id: str
    shown_ts: str
    permitted_at: datetime | None = None
    outcome: str | None = None
    ended_at: datetime | None = None
    note: str = external_text()
