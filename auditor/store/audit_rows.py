"""The rows that full audits and targeted audits write alike: verdicts, transitions, changes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from auditor.engine.changes.configuration_names import Names
from auditor.engine.changes.configuration_paths import Configuration
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.verdicts import Verdict
from auditor.engine.findings.tracked_findings import FindingTransition, Transition
from auditor.engine.incidents.notification import Notification
from auditor.store.backends.database import upsert
from auditor.store.bulk_insert import insert_rows
from auditor.store.incidents.outbox import outbox_rows
from auditor.store.rows import columns, content_hash, read
from auditor.store.tables import AUDIT, CHANGE, CONFIGURATION_READ, OUTBOX, TRANSITION, VERDICT

STORED_TRANSITIONS = frozenset(
    {Transition.NEW, Transition.REOPENED, Transition.RESOLVED, Transition.REMOVED}
)
"""Transitions that are always stored. The others are stored when severity or people changed."""


def write_verdicts(
    connection: Connection,
    target: int,
    verdicts: Collection[Verdict],
    at: datetime,
    *,
    only: frozenset[str] | None = None,
) -> None:
    """Insert each verdict that differs from the current one, and end the one that it replaces.

    The current verdict of a rule that has none now ends, too. ``only``: the rules to write; the
    verdicts of all other rules stay.
    """
    current = select(VERDICT).where(VERDICT.c.target_id == target, VERDICT.c.until.is_(None))
    if only is not None:
        current = current.where(VERDICT.c.rule.in_(only))
    rows = connection.execute(current).mappings().all()
    before = {read(row, Verdict): row["id"] for row in rows}
    now = set(verdicts)
    ended = [key for verdict, key in before.items() if verdict not in now]
    new = [
        {"target_id": target, "since": at, **columns(verdict)}
        for verdict in verdicts
        if verdict not in before
    ]
    if ended:
        connection.execute(update(VERDICT).where(VERDICT.c.id.in_(ended)).values(until=at))
    if new:
        connection.execute(insert(VERDICT), new)


def append_transitions(
    connection: Connection, target: int, entries: Iterable[FindingTransition], at: datetime
) -> None:
    """Insert the transitions of an audit that something changed in."""
    insert_rows(connection, TRANSITION, _transition_rows(target, entries, at))


def append_changes(connection: Connection, target: int, changes: Iterable[Change]) -> None:
    """Insert the changes that an audit found."""
    insert_rows(connection, CHANGE, ({"target_id": target, **columns(each)} for each in changes))


def write_actors(connection: Connection, target: int, changes: Iterable[Change]) -> None:
    """Store the actors of changes that an earlier audit stored without them."""
    for each in changes:
        connection.execute(
            update(CHANGE)
            .where(
                CHANGE.c.target_id == target,
                CHANGE.c.collection == each.collection,
                CHANGE.c.path == each.path,
                CHANGE.c.until == each.until,
            )
            .values(columns(each, "confidence", "actors", "unknown_reason"))
        )


def append_notifications(
    connection: Connection,
    target: int,
    notifications: Iterable[Notification],
    channels: Iterable[str],
    at: datetime,
    *,
    key: str,
) -> None:
    """Insert one row into the outbox for each notification on each channel.

    ``key`` identifies the audit: two audits can have the same time when the clock is set back.
    """
    rows = outbox_rows(target, notifications, tuple(channels), at)
    insert_rows(connection, OUTBOX, ({**row, "key": f"{row['key']}#{key}"} for row in rows))


def _transition_rows(
    target: int, entries: Iterable[FindingTransition], at: datetime
) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if entry.transition in STORED_TRANSITIONS or entry.shift is not None:
            yield {
                "target_id": target,
                "finding_id": entry.after.id,
                "at": at,
                "transition": entry.transition,
                "shift": entry.shift,
                "novelty": entry.novelty,
                "resolution": entry.after.resolution,
                "severity": entry.after.severity,
                "affected_count": entry.after.affected_count,
            }


def write_configuration_reads(
    connection: Connection,
    target: int,
    configuration: Configuration,
    names: Mapping[str, Names],
    at: datetime,
) -> None:
    """Store the latest complete read of each collection. An unchanged read gets only a new time."""
    # Only the hashes are read: the paths of a configuration can be large.
    query = select(CONFIGURATION_READ.c.collection, CONFIGURATION_READ.c.hash).where(
        CONFIGURATION_READ.c.target_id == target
    )
    before = {row.collection: row.hash for row in connection.execute(query)}
    bodies = {
        name: {"paths": paths, "names": names.get(name, {})}
        for name, paths in configuration.items()
    }
    now = {name: content_hash(body) for name, body in bodies.items()}
    unchanged = [name for name, key in now.items() if before.get(name) == key]
    connection.execute(
        update(CONFIGURATION_READ)
        .where(CONFIGURATION_READ.c.target_id == target)
        .where(CONFIGURATION_READ.c.collection.in_(unchanged))
        .values(at=at)
    )
    for name in now.keys() - unchanged:
        row = {"at": at, "hash": now[name], **bodies[name]}
        connection.execute(
            upsert(connection, CONFIGURATION_READ)
            .values(target_id=target, collection=name, **row)
            .on_conflict_do_update(index_elements=("target_id", "collection"), set_=row)
        )


def last_audit_id(connection: Connection, target: int) -> int | None:
    """Return the id of the target's latest audit; ``None``: there is none."""
    # By id, not by time: the clock can be set back between two audits.
    query = select(func.max(AUDIT.c.id)).where(AUDIT.c.target_id == target)
    return connection.execute(query).scalar()
