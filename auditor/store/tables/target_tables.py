"""Targets, the documents that audits share, and what is known about their sources."""

from datetime import datetime
from typing import Any

from sqlalchemy import false
from sqlmodel import Field

from auditor.store.tables.column_types import (
    TableRow,
    json_column,
    target_reference,
)


class TargetRow(TableRow, table=True):
    """A target. Other tables refer to its id, so that a renamed target keeps its history."""

    __tablename__ = "target"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    org_url: str | None = None
    """``None`` before the first audit. Same for the next three."""

    app_id: str | None = None
    unleash_url: str | None = None
    instance_id: str | None = None
    is_adopted: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the next audit may read another app or instance (`auditor db adopt`)."""

    rules: str | None = None
    """Hash of the document with the rules of the last audit; ``None``: the next is a baseline."""

    notified_state: Any = json_column(nullable=True)
    """A ``NotifiedState``: what the next audit compares with to decide its notifications."""

    rate_limits: Any = json_column(nullable=True)
    """Okta's rate limits as the last audit observed them; ``None``: no audit yet."""

    admin_access: Any = json_column(nullable=True)
    """A ``Lockout`` without its paths, as the last audit computed it; ``None``: no audit yet."""

    fix_effects: Any = json_column(nullable=True)
    """A list of ``CauseEffects``, as the last audit computed them; ``None``: no audit yet."""


class DocumentRow(TableRow, table=True):
    """A JSON value that many audits have in common, stored once under the hash of its text."""

    __tablename__ = "document"

    target_id: int = target_reference(primary_key=True)
    hash: str = Field(primary_key=True)
    body: Any = json_column()


class ConfigurationReadRow(TableRow, table=True):
    """The last complete read of one collection of configuration."""

    __tablename__ = "configuration_read"

    target_id: int = target_reference(primary_key=True)
    collection: str = Field(primary_key=True)
    at: datetime
    hash: str
    """Of paths and names."""

    paths: Any = json_column()
    names: Any = json_column()


class CheckpointRow(TableRow, table=True):
    """The time up to which a log has been read."""

    __tablename__ = "checkpoint"

    target_id: int = target_reference(primary_key=True)
    log: str = Field(primary_key=True)
    until: datetime


class JobSlotRow(TableRow, table=True):
    """A scheduled time of a job that was done. A running job has a lock and no row."""

    __tablename__ = "job_slot"

    target_id: int = target_reference(primary_key=True)
    job: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    done_at: datetime


class SourceFactRow(TableRow, table=True):
    """A small fact about an org or an instance that later audits need."""

    __tablename__ = "source_fact"

    origin: str = Field(primary_key=True)
    """URL of the org or of the instance."""

    scope: str = Field(primary_key=True)
    """Id of the app, or the kind of the fact."""

    key: str = Field(primary_key=True)
    at: datetime
    body: Any = json_column()
