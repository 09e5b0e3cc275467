"""Audits, and the verdicts and changes that they found."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from auditor.store.tables.column_types import (
    TableRow,
    external_text,
    json_column,
    target_reference,
)


class AuditRow(TableRow, table=True):
    """One audit of one target."""

    __tablename__ = "audit"
    __table_args__ = (
        *(
            ForeignKeyConstraint(("target_id", name), ("document.target_id", "document.hash"))
            for name in ("rules", "coverage", "counts")
        ),
        # They find the audits of a period, and the last audit of a target.
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
    endpoints: Any = json_column(nullable=True)
    """Collection name to method and path of its last request; ``None``: nothing was requested."""

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
    # It finds the current verdicts: they have no end.
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
    name: str = external_text()
    before_name: str = external_text()
    after_name: str = external_text()
    since: datetime
    until: datetime
    confidence: str
    actors: Any = json_column()
    unknown_reason: str = external_text()
