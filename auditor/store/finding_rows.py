"""Findings from run to run: one row each, and no more is written than what differs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import to_builtins
from sqlalchemy import ColumnElement, Connection, Update, bindparam, func, insert, select, update

from auditor.engine.findings.tracked_findings import FindingTransition
from auditor.store.rows import chunks, columns, content_hash
from auditor.store.tables import FINDING

Row = dict[str, Any]
TOUCHED = {"last_seen_at", "transition"}
"""All that differs when a finding merely persists."""


def write_findings(
    connection: Connection, target: int, entries: Iterable[FindingTransition], at: datetime
) -> None:
    """Bring the rows of these findings up to date."""
    for chunk in chunks(entries):
        _write(connection, target, chunk, at)


def _write(
    connection: Connection, target: int, entries: list[FindingTransition], at: datetime
) -> None:
    mine = FINDING.c.target_id == target, FINDING.c.id.in_([entry.after.id for entry in entries])
    query = select(FINDING.c.id, FINDING.c.content_hash).where(*mine)
    before = {row.id: row.content_hash for row in connection.execute(query)}
    new: list[Row] = []
    seen: list[Row] = []
    unseen: list[Row] = []
    alike: dict[str, list[str]] = {}
    for entry in entries:
        row = _row(target, entry)
        if row["id"] not in before:
            new.append(row)
        elif before[row["id"]] != row["content_hash"]:
            (seen if entry.finding else unseen).append(row)
        elif entry.finding:
            alike.setdefault(row["transition"], []).append(row["id"])
    if new:
        connection.execute(insert(FINDING), new)
    for rows in filter(None, (seen, unseen)):
        named = [{**row, "of_target": target, "of_id": row["id"]} for row in rows]
        connection.execute(_update(rows[0]), named)
    for transition, ids in alike.items():
        touched = update(FINDING).where(FINDING.c.target_id == target, FINDING.c.id.in_(ids))
        connection.execute(touched.values(last_seen_at=at, transition=transition))


def _row(target: int, entry: FindingTransition) -> Row:
    row: Row = {
        **columns(entry.after),
        "transition": entry.transition.value,
        "reason": to_builtins(entry.reason),
        "waiver": columns(entry.waiver) if entry.waiver else None,
    }
    if finding := entry.finding:
        # one that was not seen keeps what was last seen of it
        row |= columns(finding, "message", "evidence", "affected", "remediation", "since")
    alike = content_hash({name: value for name, value in row.items() if name not in TOUCHED})
    return {**row, "novelty": entry.novelty, "content_hash": alike, "target_id": target}


def _update(row: Row) -> Update:
    """Write ``row``'s columns over the row of the same target and id."""
    values: dict[str, ColumnElement[Any]] = {
        name: bindparam(name) for name in row if name not in {"target_id", "id"}
    }
    # why it was new stays known while it persists
    values["novelty"] = func.coalesce(bindparam("novelty"), FINDING.c.novelty)
    return (
        update(FINDING)
        .where(FINDING.c.target_id == bindparam("of_target"), FINDING.c.id == bindparam("of_id"))
        .values(values)
    )
