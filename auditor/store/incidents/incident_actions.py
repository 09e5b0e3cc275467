"""Actions of users on incidents. Each action is stored once, with its outcome."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Select, select, update

from auditor.engine.incidents.incident_action import ActionKind, ActionOutcome, IncidentAction
from auditor.engine.incidents.notification_decision import Decision
from auditor.store.backends.database import upsert
from auditor.store.incidents.incident_state import write_notified_state
from auditor.store.incidents.outbox import enqueue_rows
from auditor.store.rows import Repository, columns, lock_target, read
from auditor.store.tables import INCIDENT_ACTION, TARGET


class IncidentActions(Repository):
    """Stores actions. An action is identified by its target and its key."""

    def add(self, action: IncidentAction) -> bool:
        """Store an action that waits. Return ``False`` when it is known; it is not changed then."""
        with self.database.writing() as connection:
            return _insert(connection, action)

    def permit(self, action: IncidentAction) -> None:
        """Store that the user is permitted to do a waiting action, and the name of the user.

        The action is then applied even if Slack can no longer be read.
        """
        values = {"by": action.by, "permitted_at": action.permitted_at}
        with self.database.writing() as connection:
            target_id = lock_target(connection, action.target)["id"]
            waiting = _is(target_id, action.key), INCIDENT_ACTION.c.outcome.is_(None)
            connection.execute(update(INCIDENT_ACTION).where(*waiting).values(values))

    def end(
        self,
        action: IncidentAction,
        *,
        at: datetime,
        decision: Decision | None = None,
        channels: Collection[str] = (),
    ) -> bool:
        """Store the outcome of an action with its effect, in one transaction.

        ``decision`` is the effect: the new state of the incidents and the notifications about it.
        Returns ``False``, and stores nothing, when the action already has an outcome.
        """
        ended = replace(action, ended_at=at)
        with self.database.writing() as connection:
            target_id = lock_target(connection, action.target)["id"]
            if not _insert(connection, ended):
                waiting = _is(target_id, action.key), INCIDENT_ACTION.c.outcome.is_(None)
                changed = connection.execute(
                    update(INCIDENT_ACTION).where(*waiting).values(_row(ended))
                )
                if not changed.rowcount:
                    return False
            if decision:
                enqueue_rows(connection, target_id, decision.notifications, tuple(channels), at)
                write_notified_state(connection, target_id, decision.notified_state)
        return True

    @contextmanager
    def answering(self) -> Iterator[bool]:
        """Hold the lock of the process that answers Slack; yield whether it was free.

        The lock is released when the block ends or the process dies.
        """
        with self.database.try_lock("slack-answers") as is_free:
            yield is_free

    def waiting(self, targets: Collection[str]) -> tuple[IncidentAction, ...]:
        """Return the actions on these targets that wait, oldest first."""
        return self._read(
            _actions()
            .where(TARGET.c.name.in_(targets), INCIDENT_ACTION.c.outcome.is_(None))
            .order_by(INCIDENT_ACTION.c.id)
        )

    def of(
        self, target: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[IncidentAction, ...]:
        """Return the actions on a target in a period, oldest first."""
        query = _actions().where(TARGET.c.name == target)
        if since:
            query = query.where(INCIDENT_ACTION.c.at >= since)
        if until:
            query = query.where(INCIDENT_ACTION.c.at <= until)
        return self._read(query.order_by(INCIDENT_ACTION.c.at, INCIDENT_ACTION.c.id))

    def last(self, kind: ActionKind, targets: Collection[str]) -> IncidentAction | None:
        """Return the last action of a kind that was done on one of these targets."""
        query = _actions().where(
            TARGET.c.name.in_(targets),
            INCIDENT_ACTION.c.kind == kind,
            INCIDENT_ACTION.c.outcome == ActionOutcome.DONE,
        )
        found = self._read(query.order_by(INCIDENT_ACTION.c.ended_at.desc()).limit(1))
        return next(iter(found), None)

    def showing(self, channel_id: str, shown_ts: str, slack_user: str) -> IncidentAction | None:
        """Return the action that showed a list to this user in this message, if there is one."""
        # Actions that showed no list have an empty timestamp, and all of them would match.
        if not shown_ts:
            return None
        query = _actions().where(
            INCIDENT_ACTION.c.channel_id == channel_id,
            INCIDENT_ACTION.c.shown_ts == shown_ts,
            INCIDENT_ACTION.c.slack_user == slack_user,
        )
        return next(iter(self._read(query.limit(1))), None)

    def _read(self, query: Select[Any]) -> tuple[IncidentAction, ...]:
        with self.database.reading() as connection:
            return tuple(read(row, IncidentAction) for row in connection.execute(query).mappings())


def _actions() -> Select[Any]:
    return select(INCIDENT_ACTION, TARGET.c.name.label("target")).join(
        TARGET, TARGET.c.id == INCIDENT_ACTION.c.target_id
    )


def _insert(connection: Connection, action: IncidentAction) -> bool:
    target_id = lock_target(connection, action.target)["id"]
    row = {"target_id": target_id, **_row(action)}
    new = upsert(connection, INCIDENT_ACTION).values(row)
    known = new.on_conflict_do_nothing(index_elements=("target_id", "key"))
    # The row count of such an insert is unknown on PostgreSQL, so the statement returns the id.
    return connection.execute(known.returning(INCIDENT_ACTION.c.id)).first() is not None


def _row(action: IncidentAction) -> dict[str, Any]:
    row = columns(action)
    del row["target"]
    return row


def _is(target_id: int, key: str) -> ColumnElement[bool]:
    return (INCIDENT_ACTION.c.target_id == target_id) & (INCIDENT_ACTION.c.key == key)
