"""SQLite: one file beside the auditor, with its locks beside it."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from auditor.errors import StoreError

BUSY_SECONDS = 30
"""How long one transaction waits for another's; none takes longer than a moment."""

OWNER_ONLY = 0o600

_REMEDIES = (
    ("full", "free some space: nothing of this was kept, and the next run goes on"),
    ("readonly", "make the file and its folder writable for the auditor"),
    ("unable to open", "it is gone or unreadable: put it back, or point store.url elsewhere"),
    ("locked", "something else holds it: wait, and run again"),
    ("not a database", "point store.url to a database of the auditor"),
    ("malformed", "restore it from a backup"),
    ("I/O", "look after the disk that it lies on; nothing of this was kept"),
    ("no such table", "it was replaced while in use: run again"),
)


class Sqlite:
    """A file in write-ahead mode."""

    migrates_itself = True
    reading: Mapping[str, Any] = {}

    def __init__(
        self,
        url: URL,
        *,
        create: bool,
        **engine: Any,  # noqa: ANN401  (create_engine's own)
    ) -> None:
        if not url.database or url.database == ":memory:":
            msg = "store.url: SQLite needs a file: what is not kept is no history"
            raise StoreError(msg)
        self._path = Path(url.database).absolute()
        self.where = str(self._path)
        if not create and not self._path.exists():
            msg = f"{self.where}: nothing was audited yet (`auditor run` begins the history)"
            raise StoreError(msg)
        _create(self._path)
        # Without a pool each transaction opens the file anew, so that one that was deleted
        # or replaced meanwhile is noticed and not written into the void.
        self.engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=NullPool, **engine
        )
        event.listen(self.engine, "begin", _begin)

    @contextmanager
    def lock(self, name: str, timeout: timedelta) -> Iterator[str | None]:
        """Lock a file beside the database; the system frees it when the process dies."""
        beside = self._path.with_name(f"{self._path.name}-lock-{quote(name, safe='')}")
        with _opened(beside) as descriptor:
            deadline = monotonic() + timeout.total_seconds()
            while not _taken(descriptor):
                if monotonic() >= deadline:
                    holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
                    yield f"process {holder or 'unknown'}"
                    return
                sleep(0.05)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield None

    def remediation(self, error: DBAPIError) -> str:
        """Say what can be done about ``error``."""
        said = str(error.orig)
        return next((remediation for word, remediation in _REMEDIES if word in said), "run again")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions are begun by ``_begin``
            check_same_thread=False,
        )
        try:
            _log_ahead(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")  # survives a power cut, too
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Put the file into write-ahead mode; where it is in it already, this costs nothing.

    A new file that two processes open at once is the one case in which SQLite does not wait
    for the other by itself: both read, and neither may write while the other reads.
    """
    deadline = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() >= deadline:
                raise
            sleep(0.05)
        else:
            return


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first could not get it later."""
    options = connection.get_execution_options()
    if options.get("migrating"):  # a table made anew must not take its children along
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


def _create(path: Path) -> None:
    """Create the file, for its owner's eyes only; SQLite gives its side files the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path.parent, error) from error
    with _opened(path), suppress(PermissionError):  # another's file, lent through a group
        path.chmod(OWNER_ONLY)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path}: {error.strerror} (give store.url a file in a writable folder)")


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
