"""The tables of the store: one row class each, and the Core table of each row class.

``column_types`` states why rows are read and written by SQLAlchemy Core.
"""

from sqlalchemy import Table

from auditor.store.tables.audit_tables import AuditRow, ChangeRow, VerdictRow
from auditor.store.tables.column_types import TableRow
from auditor.store.tables.finding_tables import AccessDelayRow, FindingRow, TransitionRow
from auditor.store.tables.message_tables import IncidentActionRow, OutboxRow, ThreadRow
from auditor.store.tables.target_tables import (
    CheckpointRow,
    ConfigurationReadRow,
    DocumentRow,
    JobSlotRow,
    SourceFactRow,
    TargetRow,
)
from auditor.store.tables.watch_tables import (
    WatchCursorRow,
    WatchedEventRow,
    WatchedTargetRow,
)

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
    "WATCHED_EVENT",
    "WATCHED_TARGET",
    "WATCH_CURSOR",
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
WATCH_CURSOR = _table(WatchCursorRow)
WATCHED_EVENT = _table(WatchedEventRow)
WATCHED_TARGET = _table(WatchedTargetRow)
