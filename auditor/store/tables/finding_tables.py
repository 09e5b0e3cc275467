"""Findings, their transitions, and the delays of joiners and leavers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from auditor.store.tables.column_types import (
    ExternalText,
    TableRow,
    external_text,
    json_column,
    shared_time,
    target_reference,
)


class FindingRow(TableRow, table=True):
    """A finding, with its evidence as the last audit observed it."""

    __tablename__ = "finding"
    # They find open findings, and resolved ones that are old enough to prune.
    __table_args__ = (Index(None, "target_id", "state"), Index(None, "target_id", "resolved_at"))

    target_id: int = target_reference(primary_key=True)
    id: str = Field(primary_key=True)
    rule: str
    subject: str = external_text()
    attribute: str = external_text()
    subject_name: str = external_text()
    kind: str = ""
    severity: str
    state: str
    first_seen_at: datetime = shared_time()
    last_seen_at: datetime = shared_time()
    affected_count: int
    is_counting: bool
    pending_since: datetime | None = shared_time(nullable=True)
    opened_at: datetime | None = shared_time(nullable=True)
    resolved_at: datetime | None = shared_time(nullable=True)
    resolution: str | None = None
    missed: int
    missed_at: datetime | None = shared_time(nullable=True)
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
    since: datetime | None = shared_time(nullable=True)
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
        # It is for the deletion of findings: PostgreSQL creates no index for a foreign key.
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
