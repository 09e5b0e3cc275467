"""The tables of the store: one row class each, and the Core table of each row class.

``column_types`` states why rows are read and written by SQLAlchemy Core.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlmodel import Field

from auditor.store.column_types import (
    ExternalText,
    TableRow,
    external_text,
    json_column,
    target_reference,
)


class TargetRow(TableRow, table=True):
    """A target. Other tables refer to its id, so that a renamed target keeps its history."""

    __tablename__ = "target"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    org_url: str | None = None
    """``None`` before the first audit and after `auditor db adopt`. Same for the next three."""

    app_id: str | None = None
    unleash_url: str | None = None
    instance_id: str | None = None
    rules: str | None = None
    """Hash of the document with the rules of the last audit; ``None``: no audit since `adopt`."""

    notified_state: Any = json_column(nullable=True)
    """A ``NotifiedState``: what the next audit compares with to decide its notifications."""

    rate_limits: Any = json_column(nullable=True)
    """Okta's rate limits as the last audit observed them; ``None``: no audit yet."""

    admin_access: Any = json_column(nullable=True)
    """A ``Lockout`` without its paths, as the last audit computed it; ``None``: no audit yet."""


class DocumentRow(TableRow, table=True):
    """A JSON value that many audits have in common, stored once under the hash of its text."""

    __tablename__ = "document"

    target_id: int = target_reference(primary_key=True)
    hash: str = Field(primary_key=True)
    body: Any = json_column()


class AuditRow(TableRow, table=True):
    """One audit of one target."""

    __tablename__ = "audit"
    __table_args__ = (
        *(
            ForeignKeyConstraint(("target_id", name), ("document.target_id", "document.hash"))
            for name in ("rules", "coverage", "counts")
        ),
        Index(None, "target_id", "at"),
        Index(None, "target_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = target_reference()
    at: datetime
    version: str
    duration: float
    """Seconds."""

    requests: int
    request_ids: Any = json_column(nullable=True)
    """Collection name to the request id of its last response; ``None``: no response had one."""

    snapshot: str
    """Hash of the snapshot."""

    rules: str
    coverage: str
    counts: str


class VerdictRow(TableRow, table=True):
    """A verdict of a rule, and the time for which it did not change."""

    __tablename__ = "verdict"
    __table_args__ = (Index(None, "target_id", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = target_reference()
    rule: str
    since: datetime
    until: datetime | None = None
    """``None``: it is the current verdict."""

    status: str
    severity: str
    basis: str | None = None
    reasons: Any = json_column()


class FindingRow(TableRow, table=True):
    """A finding, with its evidence as the last audit observed it."""

    __tablename__ = "finding"
    __table_args__ = (Index(None, "target_id", "state"), Index(None, "target_id", "resolved_at"))

    target_id: int = target_reference(primary_key=True)
    id: str = Field(primary_key=True)
    rule: str
    subject: str = external_text()
    attribute: str = external_text()
    severity: str
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    affected_count: int
    pending_since: datetime | None = None
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    missed: int
    missed_at: datetime | None = None
    reopened: int
    waived: bool
    cause: str = ""
    """Id of the cause that explains it."""

    transition: str
    novelty: str | None = None
    reason: Any = json_column(nullable=True)
    waiver: Any = json_column(nullable=True)
    message: str = external_text()
    evidence: Any = json_column()
    affected: Any = json_column()
    remediation: Any = json_column(nullable=True)
    since: datetime | None = None
    content_hash: str
    """Hash of all columns except the last transition and its time. An equal row is not written."""


class TransitionRow(TableRow, table=True):
    """What an audit did to a finding. Not stored when nothing changed."""

    __tablename__ = "transition"
    __table_args__ = (
        ForeignKeyConstraint(
            ("target_id", "finding_id"), ("finding.target_id", "finding.id"), ondelete="CASCADE"
        ),
        Index(None, "target_id", "at"),
        Index(None, "target_id", "finding_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    target_id: int
    finding_id: str
    at: datetime
    transition: str
    shift: str | None = None
    novelty: str | None = None
    resolution: str | None = None
    severity: str
    affected_count: int


class ChangeRow(TableRow, table=True):
    """One path of the configuration that differs from the previous complete read."""

    __tablename__ = "change"
    __table_args__ = (Index(None, "target_id", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = target_reference()
    collection: str
    path: str = external_text()
    before: str | None = external_text(nullable=True)
    after: str | None = external_text(nullable=True)
    since: datetime
    until: datetime
    confidence: str
    actors: Any = json_column()
    unknown_reason: str = external_text()


class ConfigurationReadRow(TableRow, table=True):
    """The last complete read of one collection of configuration."""

    __tablename__ = "configuration_read"

    target_id: int = target_reference(primary_key=True)
    collection: str = Field(primary_key=True)
    at: datetime
    hash: str
    paths: Any = json_column()


class CheckpointRow(TableRow, table=True):
    """The time up to which a log has been read."""

    __tablename__ = "checkpoint"

    target_id: int = target_reference(primary_key=True)
    log: str = Field(primary_key=True)
    until: datetime


class OutboxRow(TableRow, table=True):
    """One notification on one channel. It is delivered, failed, or waits for its next attempt."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("target_id", "channel", "key"),
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


class AccessDelayRow(TableRow, table=True):
    """How long one leaver kept access, or one joiner waited for it. Ids and times, no names."""

    __tablename__ = "access_delay"
    __table_args__ = (Index(None, "target_id", "at"),)

    target_id: int = target_reference(primary_key=True)
    kind: str = Field(primary_key=True)
    user: str = Field(sa_type=ExternalText, primary_key=True)
    at: datetime = Field(primary_key=True)
    account: str = external_text()
    changed_at: datetime | None = None
    pushed_at: datetime | None = None
    ended_at: datetime | None = None
    is_over: bool


__all__ = [
    "ACCESS_DELAY",
    "AUDIT",
    "CHANGE",
    "CHECKPOINT",
    "CONFIGURATION_READ",
    "DOCUMENT",
    "FINDING",
    "INCIDENT_ACTION",
    "JOB_SLOT",
    "OUTBOX",
    "SOURCE_FACT",
    "TARGET",
    "THREAD",
    "TRANSITION",
    "VERDICT",
    "TableRow",
]


def _table(model: type[TableRow]) -> Table:
    return TableRow.metadata.tables[str(model.__tablename__)]


TARGET = _table(TargetRow)
DOCUMENT = _table(DocumentRow)
AUDIT = _table(AuditRow)
VERDICT = _table(VerdictRow)
FINDING = _table(FindingRow)
TRANSITION = _table(TransitionRow)
CHANGE = _table(ChangeRow)
CONFIGURATION_READ = _table(ConfigurationReadRow)
CHECKPOINT = _table(CheckpointRow)
OUTBOX = _table(OutboxRow)
THREAD = _table(ThreadRow)
INCIDENT_ACTION = _table(IncidentActionRow)
JOB_SLOT = _table(JobSlotRow)
SOURCE_FACT = _table(SourceFactRow)
ACCESS_DELAY = _table(AccessDelayRow)
