"""The tables. SQLModel is seen by this folder alone; everybody else gets records."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel


class ExternalText(TypeDecorator[str]):
    """Text from outside; PostgreSQL cannot keep a NUL, so none is kept anywhere."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Put the replacement character in its place."""
        del dialect
        return value.replace("\0", "\ufffd") if value is not None else None


class TableRow(SQLModel):
    """Base of all tables; constraints get names, so that migrations can speak of them."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _words(*, nullable: bool = False) -> Any:  # noqa: ANN401  (as SQLModel's Field)  (as SQLModel's own Field)
    return Field(sa_type=ExternalText, nullable=nullable)


def _json(*, nullable: bool = False) -> Any:  # noqa: ANN401  (as SQLModel's Field)
    return Field(sa_type=JSON(none_as_null=True), nullable=nullable)


def _target(*, primary_key: bool = False) -> Any:  # noqa: ANN401  (as SQLModel's Field)
    return Field(foreign_key="target.id", ondelete="CASCADE", primary_key=primary_key)


class TargetRow(TableRow, table=True):
    """A target under an id of our own, so that a new name makes nothing new."""

    __tablename__ = "target"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    org_url: str | None = None
    """Where it points; ``None`` until the first run, and after ``adopt``."""

    app_id: str | None = None
    unleash_url: str | None = None
    instance_id: str | None = None
    rules: str | None = None
    """The document with the last run's rules; ``None``: there is none of this place."""

    notified_state: Any = _json(nullable=True)
    """What the next run must know of what was told."""

    rate_limits: Any = _json(nullable=True)
    """What the last run saw of them; ``None``: it was before they were kept."""


class DocumentRow(TableRow, table=True):
    """What repeats from run to run, kept once, under the hash of its text."""

    __tablename__ = "document"

    target_id: int = _target(primary_key=True)
    hash: str = Field(primary_key=True)
    body: Any = _json()


class RunRow(TableRow, table=True):
    """One audit of one target."""

    __tablename__ = "run"
    __table_args__ = (
        *(
            ForeignKeyConstraint(("target_id", name), ("document.target_id", "document.hash"))
            for name in ("rules", "coverage", "counts")
        ),
        Index(None, "target_id", "at"),
        Index(None, "target_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = _target()
    at: datetime
    version: str
    duration: float
    requests: int
    request_ids: Any = _json(nullable=True)
    """Collection to the id of the last answer about it; ``None``: none was told."""

    snapshot: str
    rules: str
    coverage: str
    counts: str


class VerdictRow(TableRow, table=True):
    """A rule's answer for as long as it stayed the same."""

    __tablename__ = "verdict"
    __table_args__ = (Index(None, "target_id", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = _target()
    rule: str
    since: datetime
    until: datetime | None = None
    """``None``: it still stands."""

    status: str
    severity: str
    basis: str | None = None
    reasons: Any = _json()


class FindingRow(TableRow, table=True):
    """A finding with all that was last seen of it."""

    __tablename__ = "finding"
    __table_args__ = (Index(None, "target_id", "state"), Index(None, "target_id", "resolved_at"))

    target_id: int = _target(primary_key=True)
    id: str = Field(primary_key=True)
    rule: str
    subject: str = _words()
    attribute: str = _words()
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

    transition: str
    novelty: str | None = None
    reason: Any = _json(nullable=True)
    waiver: Any = _json(nullable=True)
    message: str = _words()
    evidence: Any = _json()
    affected: Any = _json()
    remediation: Any = _json(nullable=True)
    since: datetime | None = None
    content_hash: str
    """Hash of all that would have to be written anew; what is alike is only touched."""


class TransitionRow(TableRow, table=True):
    """What happened to a finding, when it was more than to persist."""

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
    """One path of the set-up that differs from the look before."""

    __tablename__ = "change"
    __table_args__ = (Index(None, "target_id", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = _target()
    collection: str
    path: str = _words()
    before: str | None = _words(nullable=True)
    after: str | None = _words(nullable=True)
    since: datetime
    until: datetime
    confidence: str
    actors: Any = _json()
    unknown_reason: str = _words()


class LookRow(TableRow, table=True):
    """The last complete look at one collection of configuration."""

    __tablename__ = "look"

    target_id: int = _target(primary_key=True)
    collection: str = Field(primary_key=True)
    at: datetime
    hash: str
    paths: Any = _json()


class MarkRow(TableRow, table=True):
    """How far a log has been read."""

    __tablename__ = "mark"

    target_id: int = _target(primary_key=True)
    log: str = Field(primary_key=True)
    until: datetime


class OutboxRow(TableRow, table=True):
    """Something to be told on one channel, until it was told or given up."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("target_id", "channel", "key"),
        Index(None, "delivered_at", "failed_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = _target()
    channel: str
    key: str
    payload: Any = _json()
    created_at: datetime
    attempts: int
    claimed_at: datetime | None = None
    claimed_until: datetime | None = None
    """Set while somebody delivers it; left standing by whoever died over it."""

    uncertain: bool
    """An attempt ended without an answer: it may have been told already."""

    attempt_failed_at: datetime | None = None
    retry_at: datetime | None = None
    error: str | None = _words(nullable=True)
    delivered_at: datetime | None = None
    receipt: Any = _json(nullable=True)
    failed_at: datetime | None = None


class ThreadRow(TableRow, table=True):
    """The message of a channel that others continue or edit."""

    __tablename__ = "thread"

    target_id: int = _target(primary_key=True)
    channel: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    channel_id: str
    ts: str
    shows: str
    outbox_id: int
    at: datetime


class SlotRow(TableRow, table=True):
    """A scheduled time that somebody has taken, so that nobody else does."""

    __tablename__ = "slot"

    target_id: int = _target(primary_key=True)
    job: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)


class SourceFactRow(TableRow, table=True):
    """A small fact about an org or an instance that later audits need."""

    __tablename__ = "source_fact"

    origin: str = Field(primary_key=True)
    """Address of the org or of the instance."""

    scope: str = Field(primary_key=True)
    """Id of the app, or the kind of the fact."""

    key: str = Field(primary_key=True)
    at: datetime
    body: Any = _json()


def _table(model: type[TableRow]) -> Table:
    return TableRow.metadata.tables[str(model.__tablename__)]


DOCUMENT = _table(DocumentRow)
TARGET = _table(TargetRow)
RUN = _table(RunRow)
VERDICT = _table(VerdictRow)
FINDING = _table(FindingRow)
TRANSITION = _table(TransitionRow)
CHANGE = _table(ChangeRow)
LOOK = _table(LookRow)
MARK = _table(MarkRow)
OUTBOX = _table(OutboxRow)
THREAD = _table(ThreadRow)
SLOT = _table(SlotRow)
SOURCE_FACT = _table(SourceFactRow)
