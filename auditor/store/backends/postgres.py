"""PostgreSQL: one database for many auditors. Locks are advisory locks of the server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from psycopg.errors import (
    DiskFull,
    InsufficientPrivilege,
    InvalidAuthorizationSpecification,
    LockNotAvailable,
    ReadOnlySqlTransaction,
    UndefinedTable,
)
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from auditor.errors import StoreError

# A dead connection is noticed after a minute (30 + 3 x 10 s). The default of Linux is two hours.
_KEEP_ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "auditor",
}

_REMEDIES: tuple[tuple[type[Exception], str], ...] = (
    (
        DiskFull,
        "free disk space; nothing of this transaction was stored, and the next audit repeats it",
    ),
    (ReadOnlySqlTransaction, "set store.url to the primary server; this one is a replica"),
    (
        InsufficientPrivilege,
        "grant the schema to the auditor's role: `GRANT ALL ON SCHEMA public TO ...`",
    ),
    (InvalidAuthorizationSpecification, "check user and password of store.url"),
    (UndefinedTable, "the tables are missing: restore them, or run `auditor db upgrade`"),
)


class Postgres:
    """A database of a PostgreSQL server. An operator migrates it: `auditor db upgrade`."""

    migrates_itself = False
    # By default, each query of a transaction sees what was committed before that query, so a report
    # could mix two states.
    reading: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ"}

    def __init__(self, url: URL, **engine: Any) -> None:  # noqa: ANN401  (create_engine's own)
        place = URL.create("postgresql", host=url.host, port=url.port, database=url.database)
        self.where = place.render_as_string()
        url = url.set(drivername="postgresql+psycopg")
        # A connection of the pool may have ended with the server since it was last used.
        self.engine = create_engine(url, pool_pre_ping=True, connect_args=_KEEP_ALIVE, **engine)
        # A pooled connection would keep its advisory lock after its return. AUTOCOMMIT: no
        # transaction stays open for as long as an audit holds the lock.
        self.lock_engine = create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=_KEEP_ALIVE
        )

    @contextmanager
    def lock(self, name: str, timeout: timedelta, *, single_use: bool) -> Iterator[str | None]:
        """Take an advisory lock on a separate connection. It ends with that connection."""
        del single_use  # nothing of an advisory lock stays behind
        with self.lock_engine.connect() as connection:
            self._reject_pooled_session(connection)
            connection.execute(
                # The server may be set to end idle sessions, and the lock would end with this one.
                text(
                    "SELECT set_config('idle_session_timeout', '0', false),"
                    " set_config('lock_timeout', :timeout, false)"
                ),
                # At least 1 ms: PostgreSQL reads 0 as no limit.
                {"timeout": f"{max(1, int(timeout.total_seconds() * 1000))}ms"},
            )
            try:
                connection.execute(
                    text("SELECT pg_advisory_lock(hashtextextended(:name, 0))"),
                    # Other programs may use advisory locks in the same database.
                    {"name": f"auditor {name}"},
                )
            except OperationalError as error:
                if not isinstance(error.orig, LockNotAvailable):
                    raise
                yield "another session"
            else:
                yield None

    def _reject_pooled_session(self, connection: Connection) -> None:
        """Raise :class:`~auditor.errors.StoreError` when two connections are one session.

        PgBouncer in transaction mode lends one session of the server to many clients in turn. The
        lock of one audit would then be the lock of every audit.
        """
        backend_pid = text("SELECT pg_backend_pid()")
        with self.engine.connect() as other:
            is_shared = connection.scalar(backend_pid) == other.scalar(backend_pid)
        if is_shared:
            msg = (
                f"{self.where}: a connection pooler in transaction mode, such as PgBouncer, answers"
                " here, so locks do not work; nothing was audited"
                " (set store.url to the PostgreSQL server itself, or to a pool in session mode)"
            )
            raise StoreError(msg)

    def remediation(self, error: DBAPIError) -> str:
        """Return what fixes ``error``, by the class of psycopg's exception."""
        for kind, remediation in _REMEDIES:
            if isinstance(error.orig, kind):
                return remediation
        if isinstance(error, OperationalError):
            return "check that the server is up and reachable; the next audit repeats this one"
        return "run again"
