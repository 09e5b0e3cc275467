"""What is remembered between runs, in SQLite or PostgreSQL.

Importing this costs nothing: SQLModel, SQLAlchemy and Alembic are loaded when a store is opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from auditor.engine.incidents.notification import Backlog, OutboxItem, Thread
from auditor.store.audit_record import RunRecord

if TYPE_CHECKING:
    from auditor.store.store import Store

__all__ = ["Backlog", "OutboxItem", "RunRecord", "Thread", "open_store"]


@contextmanager
def open_store(url: str, *, migrate: bool | None = None, create: bool = True) -> Iterator["Store"]:
    """Open the store at ``url``: ``sqlite:///auditor.db`` or ``postgresql://user@host/database``.

    ``migrate`` says whether tables may be created or brought up to date; ``None``: SQLite yes,
    PostgreSQL no. Without ``create`` a SQLite file that is not there is an error and not made.
    Raises :class:`~auditor.errors.StoreError`, as does everything done with it.
    """
    from auditor.store.backends.database import open_database
    from auditor.store.backends.schema import ensure_current
    from auditor.store.store import Store

    with open_database(url, create=create) as database:
        ensure_current(database, migrate=migrate)
        yield Store(database)
