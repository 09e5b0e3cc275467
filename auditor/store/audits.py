"""One run, written down: all of it in one transaction."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, func, insert, select, update

from auditor.engine.audit_history import AuditCounts, PreviousAudits
from auditor.engine.changes.diff import ConfigurationRead
from auditor.engine.evaluation.verdicts import Evaluated, Verdict
from auditor.engine.findings.tracked_findings import Reconciled, State, TrackedFinding, Transition
from auditor.errors import StoreError
from auditor.rule.severity import Severity
from auditor.store.audit_record import RunRecord
from auditor.store.backends.database import upsert
from auditor.store.finding_rows import write_findings
from auditor.store.incident_state import keep_notified_state, notified_state_of
from auditor.store.outbox import messages
from auditor.store.rows import (
    Repository,
    chunks,
    columns,
    content_hash,
    keep_document,
    locked_target,
    read,
    target_id,
)
from auditor.store.source_facts import write_log_facts, write_scim_endpoint
from auditor.store.tables import (
    CHANGE,
    DOCUMENT,
    FINDING,
    LOOK,
    MARK,
    OUTBOX,
    RUN,
    TARGET,
    TRANSITION,
    VERDICT,
)

TOLD = frozenset({Transition.NEW, Transition.REOPENED, Transition.RESOLVED, Transition.REMOVED})
"""What becomes a transition whatever else; the others do if they shift."""

KNOWN = tuple(FINDING.c[name] for name in TrackedFinding.__struct_fields__)


class Audits(Repository):
    """What earlier audits left for this one, and what this one leaves."""

    def recall(self, target: str) -> PreviousAudits:
        """Return what earlier runs left for this one."""
        with self.database.reading() as connection:
            own = target_id(connection, target)
            if own is None:
                return PreviousAudits()
            alive = FINDING.c.target_id == own, FINDING.c.state != State.RESOLVED
            known = connection.execute(select(*KNOWN).where(*alive).order_by(FINDING.c.id))
            rules = (
                select(DOCUMENT.c.body)
                .join(TARGET, TARGET.c.id == DOCUMENT.c.target_id)
                .where(TARGET.c.id == own, TARGET.c.rules == DOCUMENT.c.hash)
            )
            looks = connection.execute(select(LOOK).where(LOOK.c.target_id == own)).mappings()
            marks = connection.execute(select(MARK).where(MARK.c.target_id == own)).mappings()
            return PreviousAudits(
                known=tuple(read(row, TrackedFinding) for row in known.mappings()),
                configurations=connection.execute(rules).scalar(),
                configuration_reads={
                    row["collection"]: read(row, ConfigurationRead) for row in looks
                },
                checkpoints={row["log"]: row["until"] for row in marks},
                last_audit=last_audit_id(connection, own),
                notified_state=notified_state_of(connection, target),
            )

    def with_returning(self, memory: PreviousAudits, evaluated: Evaluated) -> PreviousAudits:
        """Add those resolved findings to ``memory`` that are seen again."""
        known = {each.id for each in memory.known}
        new = sorted(finding.id for finding in evaluated.findings if finding.id not in known)
        own = select(RUN.c.target_id).where(RUN.c.id == memory.last_audit).scalar_subquery()
        with self.database.reading() as connection:
            returning = tuple(
                read(row, TrackedFinding)
                for ids in chunks(new)
                for row in connection.execute(
                    select(*KNOWN).where(FINDING.c.target_id == own, FINDING.c.id.in_(ids))
                ).mappings()
            )
        return replace(memory, known=memory.known + returning)

    def record(self, run: RunRecord) -> int:
        """Keep the whole run, or raise and keep nothing; return its id."""
        with self.database.writing() as connection:
            target = locked_target(connection, run.target)
            if last_audit_id(connection, target["id"]) != run.follows:
                msg = (
                    f"{self.database.where}: another run of {run.target!r} was recorded while "
                    "this one was under way; nothing of this one is kept (run again)"
                )
                raise StoreError(msg)
            run_id = _write_run(connection, target["id"], run)
            _write_verdicts(connection, target["id"], run)
            write_findings(connection, target["id"], run.reconciled.transitions, run.at)
            _write_rows(connection, target["id"], run, run_id)
            _write_looks(connection, target["id"], run)
            keep_notified_state(connection, target["id"], run.notified_state)
            for (org_url, app_id), facts in run.log_facts.items():
                write_log_facts(connection, org_url, app_id, facts)
            for unleash_url, found in run.scim_endpoint.items():
                write_scim_endpoint(connection, unleash_url, found)
            return run_id


def _write_run(connection: Connection, target: int, run: RunRecord) -> int:
    rules = keep_document(connection, target, run.rules)
    coverage = {"collections_read": sorted(run.collections_read), "missing": run.missing}
    row = {
        "target_id": target,
        "at": run.at,
        "version": run.version,
        "duration": run.duration,
        "requests": run.requests,
        "request_ids": run.request_ids or None,
        "snapshot": run.snapshot,
        "rules": rules,
        "coverage": keep_document(connection, target, coverage),
        "counts": keep_document(connection, target, _count(run.reconciled)),
    }
    last = {"rules": rules, "rate_limits": run.rate_limits}
    connection.execute(update(TARGET).where(TARGET.c.id == target).values(last))
    return int(connection.execute(insert(RUN).returning(RUN.c.id), row).scalar_one())


def _count(reconciled: Reconciled) -> AuditCounts:
    """Put a run into numbers."""
    states = Counter(entry.after.state for entry in reconciled.transitions)
    severities = Counter(entry.after.severity for entry in reconciled.open)
    return AuditCounts(
        open={severity: severities[severity] for severity in Severity},
        waived=states[State.OPEN] - len(reconciled.open),
        pending=states[State.PENDING],
        not_evaluated=len(reconciled.of(Transition.NOT_EVALUATED)),
        verdicts=dict(Counter(verdict.status.value for verdict in reconciled.verdicts)),
    )


def _write_verdicts(connection: Connection, target: int, run: RunRecord) -> None:
    """Begin a row for each answer that differs from the last one; end the one before."""
    standing = select(VERDICT).where(VERDICT.c.target_id == target, VERDICT.c.until.is_(None))
    rows = connection.execute(standing).mappings().all()
    before = {read(row, Verdict): row["id"] for row in rows}
    now = set(run.reconciled.verdicts)
    ended = [key for verdict, key in before.items() if verdict not in now]
    begun = [
        {"target_id": target, "since": run.at, **columns(verdict)}
        for verdict in run.reconciled.verdicts
        if verdict not in before
    ]
    if ended:
        connection.execute(update(VERDICT).where(VERDICT.c.id.in_(ended)).values(until=run.at))
    if begun:
        connection.execute(insert(VERDICT), begun)


def _write_rows(connection: Connection, target: int, run: RunRecord, run_id: int) -> None:
    """Append what happened, and what is to be told of it."""
    changes = ({"target_id": target, **columns(change)} for change in run.changes)
    told = (
        # the clock may give two runs the same instant; they are two all the same
        {**row, "key": f"{row['key']}#{run_id}"}
        for row in messages(target, run.notifications, run.channels, run.at)
    )
    transitions = _transitions(target, run)
    for table, rows in ((TRANSITION, transitions), (CHANGE, changes), (OUTBOX, told)):
        for chunk in chunks(rows):
            connection.execute(insert(table), chunk)


def _transitions(target: int, run: RunRecord) -> Iterator[dict[str, Any]]:
    for entry in run.reconciled.transitions:
        if entry.transition in TOLD or entry.shift is not None:
            yield {
                "target_id": target,
                "finding_id": entry.after.id,
                "at": run.at,
                "transition": entry.transition,
                "shift": entry.shift,
                "novelty": entry.novelty,
                "resolution": entry.after.resolution,
                "severity": entry.after.severity,
                "affected_count": entry.after.affected_count,
            }


def _write_looks(connection: Connection, target: int, run: RunRecord) -> None:
    """Keep the latest complete look at each collection; one that is alike is only dated."""
    query = select(LOOK.c.collection, LOOK.c.hash).where(LOOK.c.target_id == target)
    before = {row.collection: row.hash for row in connection.execute(query)}
    now = {name: content_hash(paths) for name, paths in run.configuration.items()}
    alike = [name for name, key in now.items() if before.get(name) == key]
    mine = LOOK.c.target_id == target
    connection.execute(update(LOOK).where(mine, LOOK.c.collection.in_(alike)).values(at=run.at))
    for name in now.keys() - alike:
        row = {"at": run.at, "hash": now[name], "paths": run.configuration[name]}
        connection.execute(
            upsert(connection, LOOK)
            .values(target_id=target, collection=name, **row)
            .on_conflict_do_update(index_elements=("target_id", "collection"), set_=row)
        )
    for log, until in run.checkpoints.items():
        connection.execute(
            upsert(connection, MARK)
            .values(target_id=target, log=log, until=until)
            .on_conflict_do_update(index_elements=("target_id", "log"), set_={"until": until})
        )


def last_audit_id(connection: Connection, target: int) -> int | None:
    """Return the id of the target's last run."""
    return connection.execute(select(func.max(RUN.c.id)).where(RUN.c.target_id == target)).scalar()
