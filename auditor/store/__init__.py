"""The history of all targets, in SQLite or PostgreSQL.

Importing this package is cheap: SQLModel, SQLAlchemy and Alembic are imported when a store is
opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from auditor.engine.incidents.notification import Backlog, OutboxItem, Thread
from auditor.store.audit_record import AuditRecord

if TYPE_CHECKING:
    from auditor.store.store import Store

__all__ = ["AuditRecord", "Backlog", "OutboxItem", "Thread", "open_store"]


@contextmanager
def open_store(
    url: str,
    *,
    migrate: bool | None = None,
    create: bool = True,
    busy_timeout: timedelta | None = None,
) -> Iterator["Store"]:
    """Open the store at ``url``: ``sqlite:///auditor.db`` or ``postgresql://user@host/database``.

    ``migrate``: whether tables may be created or migrated; ``None``: on SQLite only. ``create``:
    whether a SQLite file that does not exist is created; otherwise it is an error.
    ``busy_timeout``: how long a transaction waits for a program that locks a SQLite file: 5 to 30
    seconds (``None``: 30). Raises :class:`~auditor.errors.StoreError`, as every method of the store
    does.
    """
    from auditor.store.backends.database import open_database
    from auditor.store.backends.schema import ensure_current
    from auditor.store.store import Store

    with open_database(url, create=create, busy_timeout=busy_timeout) as database:
        ensure_current(database, migrate=migrate)
        yield Store(database)
