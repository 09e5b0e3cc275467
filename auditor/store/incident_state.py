"""What was told, and where it stands."""

from sqlalchemy import Connection, select, update

from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Thread
from auditor.serialization import convert
from auditor.store.backends.database import upsert
from auditor.store.rows import Repository, columns, locked_target, read
from auditor.store.tables import TARGET, THREAD


class IncidentRepository(Repository):
    """Remembers incidents and the threads that speak of them."""

    def notified_state(self, target: str) -> NotifiedState | None:
        """Return what must be known of what was told; ``None``: nothing was."""
        with self.database.reading() as connection:
            return notified_state_of(connection, target)

    def threads(self, target: str, key: str) -> tuple[Thread, ...]:
        """Return the message that ``key`` names, in each channel that has it."""
        query = (
            select(THREAD, TARGET.c.name.label("target"))
            .join(TARGET)
            .where(TARGET.c.name == target, THREAD.c.key == key)
            .order_by(THREAD.c.channel)
        )
        with self.database.reading() as connection:
            return tuple(read(row, Thread) for row in connection.execute(query).mappings())

    def keep_thread(self, thread: Thread) -> None:
        """Write a thread, new or known, as it now is."""
        row = columns(thread)
        with self.database.writing() as connection:
            row["target_id"] = locked_target(connection, row.pop("target"))["id"]
            connection.execute(
                upsert(connection, THREAD)
                .values(row)
                .on_conflict_do_update(index_elements=("target_id", "channel", "key"), set_=row)
            )


def keep_notified_state(
    connection: Connection, target: int, notified_state: NotifiedState | None
) -> None:
    """Keep what must be known of what was told; ``None`` leaves it as it is."""
    if notified_state is not None:
        connection.execute(
            update(TARGET).where(TARGET.c.id == target).values(notified_state=notified_state)
        )


def notified_state_of(connection: Connection, target: str) -> NotifiedState | None:
    """Return what must be known of what was told."""
    kept = connection.execute(
        select(TARGET.c.notified_state).where(TARGET.c.name == target)
    ).scalar()
    return convert(kept, NotifiedState) if kept is not None else None
