"""A database under its two guises: transactions, locks, and errors a person can act on."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from threading import local
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from auditor.errors import StoreError

KINDS = "sqlite:///FILE or postgresql://USER@HOST/DATABASE"


class Backend(Protocol):
    """What SQLite and PostgreSQL do each in their own way."""

    engine: Engine
    where: str
    """The file, or host and database; without a password."""

    migrates_itself: bool
    """Whether its tables may be changed without being asked to."""

    reading: Mapping[str, Any]
    """Options of a transaction that only reads."""

    def lock(self, name: str, timeout: timedelta) -> AbstractContextManager[str | None]:
        """Hold the lock ``name``; yield who else holds it, if it was not to be had in time."""

    def remediation(self, error: DBAPIError) -> str:
        """Say what can be done about ``error``."""


class Database:
    """An open database."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._held = local()

    @property
    def where(self) -> str:
        """Name it in messages; without a password."""
        return self.backend.where

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one transaction, which readers inside the block share: one instant for all."""
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
        """Write in one transaction: all of it, or nothing."""
        with self._transaction(writing=True, **options) as connection:
            yield connection

    @contextmanager
    def lock(self, name: str, timeout: timedelta, *, taken: str) -> Iterator[None]:
        """Hold ``name`` against all others; ``taken`` says what it means that it is held."""
        with self._translated(), self.backend.lock(name, timeout) as holder:
            if holder is not None:
                msg = f"{self.where}: {taken} ({holder} holds its lock)"
                raise StoreError(msg)
            yield

    @contextmanager
    def _transaction(self, **options: Any) -> Iterator[Connection]:  # noqa: ANN401  (SQLAlchemy's)
        with self._translated(), self.backend.engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            # the first line says it; later ones may quote rows
            what = next(iter(str(error.orig).strip().splitlines()), type(error).__name__)
            msg = f"{self.where}: {what} ({self.backend.remediation(error)})"
            raise StoreError(msg) from error


def upsert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Begin an insert that can say what to do when the row is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


@contextmanager
def open_database(url: str, *, create: bool = True) -> Iterator[Database]:
    """Connect to what ``url`` names; raise :class:`~auditor.errors.StoreError` if that fails."""
    backend = _backend(_parse(url), create=create)
    try:
        yield Database(backend)
    finally:
        backend.engine.dispose()


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        msg = f"store.url: not a database URL (expected {KINDS})"
        raise StoreError(msg) from None


def _backend(url: URL, *, create: bool) -> Backend:
    match url.get_backend_name():
        case "sqlite":
            from auditor.store.backends.sqlite import Sqlite

            return Sqlite(url, create=create, **_JSON)
        case "postgresql" | "postgres":
            from auditor.store.backends.postgres import Postgres

            return Postgres(url, **_JSON)
        case other:
            msg = f"store.url: {other} is no database known here (expected {KINDS})"
            raise StoreError(msg)


def _encode(value: Any) -> str:  # noqa: ANN401  (any record)
    return msgspec.json.encode(value).decode()


_JSON = {"json_serializer": _encode, "json_deserializer": msgspec.json.decode}
