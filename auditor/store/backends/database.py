"""An open database: transactions, locks, and errors that name the database and the fix."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from threading import local
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from auditor.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

DATABASE_URL_EXAMPLES = "sqlite:///FILE or postgresql://USER@HOST/DATABASE"


class Backend(Protocol):
    """What SQLite and PostgreSQL do differently."""

    engine: Engine
    where: str
    """The file, or host and database; without user and password."""

    migrates_itself: bool
    """Whether an audit may create and migrate the tables."""

    reading: Mapping[str, Any]
    """Execution options of a transaction that only reads."""

    def lock(
        self, name: str, timeout: timedelta, *, single_use: bool
    ) -> AbstractContextManager[str | None]:
        """Take the lock ``name`` and release it when the block ends or the process dies.

        Yields ``None`` when the lock is held, or the name of its holder when the timeout ended.
        ``single_use``: the name is used once, so nothing of the lock may stay behind.
        """

    def remediation(self, error: DBAPIError) -> str:
        """Return what fixes ``error``, as an instruction without a full stop."""


class Database:
    """An open database."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        # One for each thread, because a connection must not be shared between threads.
        self._held = local()

    @property
    def where(self) -> str:
        """Return the name of the database in messages; without user and password."""
        return self.backend.where

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one transaction. Readers inside the block share it, and so see one state."""
        held: Connection | None = getattr(self._held, "connection", None)
        if held is not None:
            yield held
            return
        with self._transaction(**self.backend.reading) as connection:
            self._held.connection = connection
            try:
                yield connection
            finally:
                self._held.connection = None

    @contextmanager
    def writing(self, **options: bool) -> Iterator[Connection]:
        """Write in one transaction: everything in the block is stored, or nothing."""
        with self._transaction(writing=True, **options) as connection:
            yield connection

    @contextmanager
    def lock(self, name: str, timeout: timedelta, *, held: str, remedy: str) -> Iterator[None]:
        """Hold the lock ``name`` until the block ends.

        Raises :class:`~auditor.errors.StoreError` when another process or thread holds it for
        longer than ``timeout``. ``held`` is what is wrong then: "another audit is running".
        """
        with self._translated(), self.backend.lock(name, timeout, single_use=False) as holder:
            if holder is not None:
                msg = f"{self.where}: {held} in {holder} ({remedy})"
                raise StoreError(msg)
            yield

    @contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """Hold the lock ``name`` if it is free; yield whether it was."""
        with (
            self._translated(),
            self.backend.lock(name, timedelta(), single_use=False) as holder,
        ):
            yield holder is None

    @contextmanager
    def single_use_lock(self, name: str) -> Iterator[bool]:
        """Hold a lock whose name is used by one owner only; yield whether it was free."""
        with (
            self._translated(),
            self.backend.lock(name, timedelta(), single_use=True) as holder,
        ):
            yield holder is None

    @contextmanager
    def _transaction(self, **options: Any) -> Iterator[Connection]:  # noqa: ANN401  (SQLAlchemy's)
        with self._translated(), self.backend.engine.connect() as connection:
            # Set before the transaction begins, because the options decide how it begins.
            connection.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            # The first line names the problem. Later lines may quote rows.
            reason = next(iter(str(error.orig).strip().splitlines()), type(error).__name__)
            msg = f"{self.where}: {reason} ({self.backend.remediation(error)})"
            raise StoreError(msg) from error
        except PoolTimeoutError as error:
            msg = f"{self.where}: all connections are in use (lower the number of parallel jobs)"
            raise StoreError(msg) from error


def upsert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an insert that accepts ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # an audit with SQLite does not need it

        return postgresql.insert(table)
    return sqlite.insert(table)


@contextmanager
def open_database(
    url: str, *, create: bool = True, busy_timeout: timedelta | None = None
) -> Iterator[Database]:
    """Connect to the database at ``url``; raise :class:`~auditor.errors.StoreError` on failure.

    ``create`` and ``busy_timeout``: as in :func:`auditor.store.open_store`.
    """
    backend = _backend(_parse(url), create=create, busy_timeout=busy_timeout)
    try:
        yield Database(backend)
    finally:
        backend.engine.dispose()


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # Without its cause, which can quote parts of the URL, and so of its password.
        msg = f"store.url: not a database URL (expected {DATABASE_URL_EXAMPLES})"
        raise StoreError(msg) from None


def _backend(url: URL, *, create: bool, busy_timeout: timedelta | None) -> Backend:
    match url.get_backend_name():
        case "sqlite":
            # Imported here, so that only the driver of the database in use is loaded.
            from auditor.store.backends.sqlite import Sqlite

            return Sqlite(url, create=create, busy_timeout=busy_timeout, **_JSON)
        case "postgresql" | "postgres":
            from auditor.store.backends.postgres import Postgres

            return Postgres(url, **_JSON)
        case other:
            msg = (
                f"store.url: the database {other} is not supported "
                f"(expected {DATABASE_URL_EXAMPLES})"
            )
            raise StoreError(msg)


def _encode(value: Any) -> str:  # noqa: ANN401  (any record)
    return msgspec.json.encode(value).decode()


_JSON = {"json_serializer": _encode, "json_deserializer": msgspec.json.decode}
