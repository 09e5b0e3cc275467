"""The record of a targeted audit: one transaction that changes only what the audit evaluated."""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select

from auditor.engine.changes.configuration_names import Names
from auditor.engine.changes.configuration_paths import Configuration
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.verdicts import Verdict
from auditor.engine.findings.tracked_findings import FindingTransition, State
from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Notification
from auditor.errors import StoreError
from auditor.rule.results import Evidence
from auditor.serialization import convert
from auditor.store.audit_rows import (
    append_changes,
    append_notifications,
    append_transitions,
    last_audit_id,
    write_actors,
    write_configuration_reads,
    write_verdicts,
)
from auditor.store.finding_rows import write_findings
from auditor.store.incidents.incident_state import write_notified_state
from auditor.store.rows import Repository, lock_target
from auditor.store.tables import FINDING, TARGET
from auditor.store.watch.watch_rows import complete_targeted

EvidenceOfFinding = tuple[Evidence, ...]


class TargetedAuditRecord(Struct, frozen=True, kw_only=True):
    """All results of one targeted audit. They are stored in one transaction or not at all."""

    target: str
    at: datetime
    """When it began."""

    key: str
    """Id of the first event that started it: no other audit has it."""

    follows: int | None
    """Id of the last full audit."""

    verdicts: tuple[Verdict, ...]
    """The verdicts of the rules that it evaluated."""

    transitions: tuple[FindingTransition, ...]
    """The transitions of the findings that it changed."""

    changes: tuple[Change, ...] = ()
    attributed: tuple[Change, ...] = ()
    """Stored changes whose actor is known only now."""

    configuration: Configuration
    """The collections that it read."""

    configuration_names: Mapping[str, Names]
    """The names of the objects in the configuration, by collection."""

    notifications: tuple[Notification, ...] = ()
    notified_state: NotifiedState
    full_reason: str | None = None
    """Why it requests a full audit; ``None``: it requests none."""


class TargetedAudits(Repository):
    """Records targeted audits. They are not rows of the table of audits."""

    def evidence(self, target: str, rules: Collection[str]) -> dict[str, EvidenceOfFinding]:
        """Return the evidence of the open findings of some rules, by id of the finding."""
        query = (
            select(FINDING.c.id, FINDING.c.evidence)
            .join(TARGET, TARGET.c.id == FINDING.c.target_id)
            .where(TARGET.c.name == target, FINDING.c.state == State.OPEN)
            .where(FINDING.c.rule.in_(rules))
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return {row.id: convert(row.evidence, EvidenceOfFinding) for row in rows}

    def record(self, record: TargetedAuditRecord, channels: Collection[str] = ()) -> None:
        """Store the targeted audit in one transaction; its events start no other audit.

        Raises :class:`~auditor.errors.StoreError`, and stores nothing, when a full audit of the
        target was recorded meanwhile.
        """
        with self.database.writing() as connection:
            target = lock_target(connection, record.target)["id"]
            # A full audit has read more, and its result must not be changed by what was read before
            # it.
            if last_audit_id(connection, target) != record.follows:
                msg = (
                    f'{self.database.where}: an audit of "{record.target}" was recorded during this'
                    " targeted audit, so nothing of it was stored (it is repeated by itself)"
                )
                raise StoreError(msg)
            rules = frozenset(each.rule for each in record.verdicts)
            write_verdicts(connection, target, record.verdicts, record.at, only=rules)
            write_findings(connection, target, record.transitions, record.at)
            append_transitions(connection, target, record.transitions, record.at)
            append_changes(connection, target, record.changes)
            write_actors(connection, target, record.attributed)
            append_notifications(
                connection, target, record.notifications, channels, record.at, key=record.key
            )
            write_configuration_reads(
                connection, target, record.configuration, record.configuration_names, record.at
            )
            write_notified_state(connection, target, record.notified_state)
            complete_targeted(connection, target, record.at, full_reason=record.full_reason)
