"""Write the findings of an audit: one row each, and only the columns that changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import to_builtins
from sqlalchemy import ColumnElement, Connection, Update, bindparam, func, select, update

from auditor.engine.evaluation.verdicts import KEPT_AFFECTED, Finding
from auditor.engine.findings.tracked_findings import FindingTransition
from auditor.store.bulk_insert import insert_rows
from auditor.store.rows import chunks, columns, content_hash
from auditor.store.tables import FINDING

Row = dict[str, Any]


def write_findings(
    connection: Connection, target: int, entries: Iterable[FindingTransition], at: datetime
) -> None:
    """Insert or update the row of each finding."""
    for chunk in chunks(entries):
        _write_chunk(connection, target, chunk, at)


def _write_chunk(
    connection: Connection, target: int, entries: list[FindingTransition], at: datetime
) -> None:
    ids = [entry.after.id for entry in entries]
    query = select(FINDING.c.id, FINDING.c.content_hash).where(
        FINDING.c.target_id == target, FINDING.c.id.in_(ids)
    )
    before = {row.id: row.content_hash for row in connection.execute(query)}
    new: list[Row] = []
    found: list[Row] = []
    not_found: list[Row] = []
    unchanged: dict[str, list[str]] = {}
    for entry in entries:
        row = _row(target, entry)
        if row["id"] not in before:
            new.append(row)
        elif before[row["id"]] != row["content_hash"]:
            (found if entry.finding else not_found).append(row)
        # A finding that was not found keeps the time at which it was last found.
        elif entry.finding:
            unchanged.setdefault(row["transition"], []).append(row["id"])
    insert_rows(connection, FINDING, new)
    # A finding that was not found has fewer columns, so each kind needs its own statement.
    for rows in filter(None, (found, not_found)):
        parameters = [{**row, "of_target": target, "of_id": row["id"]} for row in rows]
        connection.execute(_update(rows[0]), parameters)
    # Most findings of an audit are unchanged: one statement for each transition, not for each row.
    for transition, same in unchanged.items():
        touched = update(FINDING).where(FINDING.c.target_id == target, FINDING.c.id.in_(same))
        connection.execute(touched.values(last_seen_at=at, transition=transition))


def _row(target: int, entry: FindingTransition) -> Row:
    row = columns(entry.after)
    row["reason"] = to_builtins(entry.reason)
    row["waiver"] = columns(entry.waiver) if entry.waiver else None
    # A finding that was not found keeps the evidence of the last audit that found it.
    if finding := entry.finding:
        row |= _details(finding)
    # Not hashed: what differs when a finding stays open and nothing else changed.
    last_seen_at = row.pop("last_seen_at")
    # The values only, which are always in the same order: there can be 100,000 findings.
    row["content_hash"] = content_hash(tuple(row.values()))
    row["last_seen_at"] = last_seen_at
    row["transition"] = entry.transition.value
    row["novelty"] = entry.novelty
    row["target_id"] = target
    return row


def _details(finding: Finding) -> Row:
    if not finding.has_details:
        return {
            "message": finding.message,
            "evidence": _NONE,
            "affected": _NONE,
            "remediation": to_builtins(finding.remediation),
            "since": finding.since,
        }
    row = columns(finding, "message", "evidence", "affected", "remediation", "since")
    return {**row, "affected": row["affected"][:KEPT_AFFECTED]}


_NONE: tuple[()] = ()


def _update(row: Row) -> Update:
    """Build the statement that writes the columns of ``row`` to the row of a target and an id."""
    values: dict[str, ColumnElement[Any]] = {
        name: bindparam(name) for name in row if name not in {"target_id", "id"}
    }
    # An open finding keeps the reason why it was new.
    values["novelty"] = func.coalesce(bindparam("novelty"), FINDING.c.novelty)
    return (
        update(FINDING)
        .where(FINDING.c.target_id == bindparam("of_target"), FINDING.c.id == bindparam("of_id"))
        .values(values)
    )
