"""Audits in the store: the results of earlier audits, and the record of each audit.

The record of one audit is one transaction: findings, verdicts, changes and notifications are stored
together or not at all.
"""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update

from auditor.engine.audit_history import AuditCounts, PreviousAudits
from auditor.engine.changes.diff import ConfigurationRead
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.tracked_findings import Reconciled, State, TrackedFinding, Transition
from auditor.engine.incidents.cause_entries import count_affected
from auditor.errors import StoreError
from auditor.rule.severity import Severity
from auditor.store.access_delays import write_access_delays
from auditor.store.audit_record import AuditRecord
from auditor.store.audit_rows import (
    append_changes,
    append_notifications,
    append_transitions,
    last_audit_id,
    write_actors,
    write_configuration_reads,
    write_verdicts,
)
from auditor.store.backends.database import upsert
from auditor.store.finding_rows import write_findings
from auditor.store.incidents.incident_state import notified_state_of, write_notified_state
from auditor.store.rows import (
    Repository,
    chunks,
    find_target_id,
    lock_target,
    read,
    write_document,
)
from auditor.store.source_facts import write_log_facts, write_scim_endpoint
from auditor.store.tables import (
    AUDIT,
    CHECKPOINT,
    CONFIGURATION_READ,
    DOCUMENT,
    FINDING,
    TARGET,
)
from auditor.store.watch.watch_rows import complete_events

TRACKED_COLUMNS = tuple(FINDING.c[name] for name in TrackedFinding.__struct_fields__)


class Audits(Repository):
    """Recalls the results of earlier audits, and records an audit.

    Raises :class:`~auditor.errors.StoreError` when the database cannot be used.
    """

    def recall(self, target: str) -> PreviousAudits:
        """Return the results of earlier audits of the target; empty before the first audit."""
        with self.database.reading() as connection:
            target_id = find_target_id(connection, target)
            if target_id is None:
                return PreviousAudits()
            # There can be far more resolved findings, so each is read only when it is found again.
            unresolved = FINDING.c.target_id == target_id, FINDING.c.state != State.RESOLVED
            known = select(*TRACKED_COLUMNS).where(*unresolved).order_by(FINDING.c.id)
            rules = (
                select(DOCUMENT.c.body)
                .join(TARGET, TARGET.c.id == DOCUMENT.c.target_id)
                .where(TARGET.c.id == target_id, TARGET.c.rules == DOCUMENT.c.hash)
            )
            reads, checkpoints = (
                connection.execute(select(table).where(table.c.target_id == target_id)).mappings()
                for table in (CONFIGURATION_READ, CHECKPOINT)
            )
            return PreviousAudits(
                known=tuple(
                    read(row, TrackedFinding) for row in connection.execute(known).mappings()
                ),
                configurations=connection.execute(rules).scalar(),
                configuration_reads={
                    row["collection"]: read(row, ConfigurationRead) for row in reads
                },
                checkpoints={row["log"]: row["until"] for row in checkpoints},
                last_audit=last_audit_id(connection, target_id),
                notified_state=notified_state_of(connection, target),
            )

    def with_found_again(self, before: PreviousAudits, evaluated: Evaluated) -> PreviousAudits:
        """Return ``before``, with each resolved finding that this evaluation found again."""
        known = {each.id for each in before.known}
        new = sorted(finding.id for finding in evaluated.findings if finding.id not in known)
        target_id = (
            select(AUDIT.c.target_id).where(AUDIT.c.id == before.last_audit).scalar_subquery()
        )
        found = select(*TRACKED_COLUMNS).where(FINDING.c.target_id == target_id)
        resolved = found.where(FINDING.c.state == State.RESOLVED).limit(1)
        with self.database.reading() as connection:
            # One query in place of one for each thousand new findings.
            if connection.execute(resolved).first() is None:
                return before
            returning = tuple(
                read(row, TrackedFinding)
                for ids in chunks(new)
                for row in connection.execute(found.where(FINDING.c.id.in_(ids))).mappings()
            )
        return replace(before, known=before.known + returning)

    def record(
        self, record: AuditRecord, channels: Collection[str] = (), *, took: timedelta = timedelta()
    ) -> int:
        """Store the whole audit in one transaction, and return its id.

        Each notification gets one outbox row for each of ``channels``. Raises
        :class:`~auditor.errors.StoreError`, and stores nothing, when another audit of the target
        was recorded after the one that this audit follows.
        """
        with self.database.writing() as connection:
            # Locked: two audits of one target must not both follow the same earlier audit.
            target = lock_target(connection, record.target)["id"]
            if last_audit_id(connection, target) != record.follows:
                msg = (
                    f'{self.database.where}: another audit of "{record.target}" was recorded during'
                    " this one, so nothing of this audit was stored (run it again)"
                )
                raise StoreError(msg)
            # The audit comes first: its id is a part of the keys of the notifications.
            audit_id = _write_audit(connection, target, record, took)
            write_verdicts(connection, target, record.reconciled.verdicts, record.at)
            # By id, as the indexes are: SQLite then writes each of their pages once.
            transitions = sorted(record.reconciled.transitions, key=lambda each: each.after.id)
            # The findings come before the transitions, which refer to them.
            write_findings(connection, target, transitions, record.at)
            append_transitions(connection, target, transitions, record.at)
            append_changes(connection, target, record.changes)
            write_actors(connection, target, record.attributed)
            append_notifications(
                connection, target, record.notifications, channels, record.at, key=str(audit_id)
            )
            write_configuration_reads(
                connection, target, record.configuration, record.configuration_names, record.at
            )
            _write_checkpoints(connection, target, record)
            write_notified_state(connection, target, record.notified_state)
            write_access_delays(connection, target, record.access_delays)
            # In this transaction, so that no event is lost and none starts a second audit.
            complete_events(connection, target, record.at)
            for (org_url, app_id), facts in record.log_facts.items():
                write_log_facts(connection, org_url, app_id, facts)
            for unleash_url, found in record.scim_endpoint.items():
                write_scim_endpoint(connection, unleash_url, found)
            return audit_id


def _write_audit(connection: Connection, target: int, record: AuditRecord, took: timedelta) -> int:
    # Documents first: the row of the audit refers to them.
    rules = write_document(connection, target, record.rules)
    coverage = {"collections_read": sorted(record.collections_read), "missing": record.missing}
    row = {
        "target_id": target,
        "at": record.at,
        "version": record.version,
        "duration": took.total_seconds(),
        "requests": record.requests,
        "endpoints": record.endpoints or None,
        "request_ids": record.request_ids or None,
        "snapshot": record.snapshot_hash,
        "rules": rules,
        "coverage": write_document(connection, target, coverage),
        "counts": write_document(connection, target, _count(record.reconciled)),
    }
    latest = {
        "rules": rules,
        "rate_limits": record.rate_limits,
        "admin_access": record.admin_access,
        "fix_effects": record.fix_effects,
    }
    connection.execute(update(TARGET).where(TARGET.c.id == target).values(latest))
    return int(connection.execute(insert(AUDIT).returning(AUDIT.c.id), row).scalar_one())


def _count(reconciled: Reconciled) -> AuditCounts:
    states = Counter(entry.after.state for entry in reconciled.transitions)
    severities = Counter(entry.after.severity for entry in reconciled.open)
    # A waived finding is open, but it is not among `reconciled.open`.
    return AuditCounts(
        open={severity: severities[severity] for severity in Severity},
        waived=states[State.OPEN] - len(reconciled.open),
        pending=states[State.PENDING],
        not_evaluated=len(reconciled.of(Transition.NOT_EVALUATED)),
        verdicts=dict(Counter(verdict.status.value for verdict in reconciled.verdicts)),
        affected=count_affected(reconciled.open),
    )


def _write_checkpoints(connection: Connection, target: int, record: AuditRecord) -> None:
    for log, until in record.checkpoints.items():
        connection.execute(
            upsert(connection, CHECKPOINT)
            .values(target_id=target, log=log, until=until)
            .on_conflict_do_update(index_elements=("target_id", "log"), set_={"until": until})
        )
