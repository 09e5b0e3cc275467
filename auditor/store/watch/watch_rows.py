"""Rows of the watch that audits write in the transaction of their record."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, update

from auditor.store.backends.database import upsert
from auditor.store.tables import WATCHED_EVENT, WATCHED_TARGET

EVENT_ID_RETENTION = timedelta(days=2)
"""How long the id of an audited event is kept, so that the event starts no second audit."""


def complete_events(connection: Connection, target: int, at: datetime) -> None:
    """Store that a full audit, which began ``at``, covers all that the watch had seen by then."""
    _complete(connection, target, at)
    connection.execute(
        update(WATCHED_TARGET)
        # A request that came after the audit began can be about something that it did not read.
        .where(WATCHED_TARGET.c.target_id == target, WATCHED_TARGET.c.full_requested_at <= at)
        .values(full_requested_at=None, full_reason="")
    )
    connection.execute(
        delete(WATCHED_EVENT).where(
            WATCHED_EVENT.c.target_id == target,
            WATCHED_EVENT.c.audited_at < at - EVENT_ID_RETENTION,
        )
    )


def complete_targeted(
    connection: Connection, target: int, at: datetime, *, full_reason: str | None
) -> None:
    """Store that a targeted audit, which began ``at``, covers all that was seen by then.

    ``full_reason`` requests a full audit.
    """
    _complete(connection, target, at)
    row: dict[str, Any] = {"targeted_at": at, "deferred_until": None}
    if full_reason:
        row |= {"full_requested_at": at, "full_reason": full_reason}
    put_target(connection, target, row)


def put_target(connection: Connection, target: int, row: dict[str, Any]) -> None:
    """Insert or update columns of the row of a watched target."""
    connection.execute(
        upsert(connection, WATCHED_TARGET)
        # The column requires a reason; an update keeps the stored one.
        .values({"full_reason": "", **row, "target_id": target})
        .on_conflict_do_update(index_elements=("target_id",), set_=row)
    )


def _complete(connection: Connection, target: int, at: datetime) -> None:
    connection.execute(
        update(WATCHED_EVENT)
        .where(
            WATCHED_EVENT.c.target_id == target,
            WATCHED_EVENT.c.audited_at.is_(None),
            # An event that was seen after the audit began can be newer than what it read.
            WATCHED_EVENT.c.seen_at <= at,
        )
        .values(audited_at=at, body=None)
    )
