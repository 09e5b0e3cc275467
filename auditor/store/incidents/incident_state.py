"""Incidents in the store: their last notified state, and their messages in each channel."""

from sqlalchemy import Connection, select, update

from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Thread
from auditor.serialization import convert
from auditor.store.backends.database import upsert
from auditor.store.rows import Repository, columns, lock_target, read
from auditor.store.tables import TARGET, THREAD


class IncidentRepository(Repository):
    """Stores the last notified state of incidents, and their threads."""

    def notified_state(self, target: str) -> NotifiedState | None:
        """Return the state that the last notifications showed; ``None``: nothing was notified."""
        with self.database.reading() as connection:
            return notified_state_of(connection, target)

    def threads(self, target: str, key: str) -> tuple[Thread, ...]:
        """Return the thread ``key`` of each channel that has one, by channel name."""
        query = (
            select(THREAD, TARGET.c.name.label("target"))
            .join(TARGET)
            .where(TARGET.c.name == target, THREAD.c.key == key)
            .order_by(THREAD.c.channel)
        )
        with self.database.reading() as connection:
            return tuple(read(row, Thread) for row in connection.execute(query).mappings())

    def thread_at(self, channel_id: str, ts: str) -> tuple[str, str] | None:
        """Return target and key of the thread with this root message; ``None``: unknown."""
        query = (
            select(TARGET.c.name, THREAD.c.key)
            .join(TARGET, TARGET.c.id == THREAD.c.target_id)
            .where(THREAD.c.channel_id == channel_id, THREAD.c.ts == ts)
        )
        with self.database.reading() as connection:
            found = connection.execute(query).first()
        return (found.name, found.key) if found else None

    def channel_id(self, channel: str) -> str | None:
        """Return the Slack id of a configured channel, from the latest response of Slack."""
        query = (
            select(THREAD.c.channel_id)
            .where(THREAD.c.channel == channel)
            .order_by(THREAD.c.at.desc())
            .limit(1)
        )
        with self.database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep_thread(self, thread: Thread) -> None:
        """Insert a thread, or update the one with the same target, channel and key."""
        row = columns(thread)
        with self.database.writing() as connection:
            row["target_id"] = lock_target(connection, row.pop("target"))["id"]
            connection.execute(
                upsert(connection, THREAD)
                .values(row)
                .on_conflict_do_update(index_elements=("target_id", "channel", "key"), set_=row)
            )


def write_notified_state(
    connection: Connection, target: int, notified_state: NotifiedState | None
) -> None:
    """Store the state that the notifications of a transaction show; ``None`` changes nothing."""
    if notified_state is not None:
        connection.execute(
            update(TARGET).where(TARGET.c.id == target).values(notified_state=notified_state)
        )


def notified_state_of(connection: Connection, target: str) -> NotifiedState | None:
    """Return the stored state of the target's incidents; ``None``: nothing was notified."""
    stored = connection.execute(
        select(TARGET.c.notified_state).where(TARGET.c.name == target)
    ).scalar()
    return convert(stored, NotifiedState) if stored is not None else None
