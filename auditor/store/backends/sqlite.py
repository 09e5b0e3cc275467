"""SQLite: one file in write-ahead mode, with lock files in the same folder."""

import errno
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from auditor.errors import StoreError
from auditor.files import read_regular_file
from auditor.store.backends.lock_holder import writing_process

BUSY_TIMEOUT = timedelta(seconds=30)
"""How long a transaction waits for another one, unless the caller wants to wait less."""

MIN_BUSY_TIMEOUT = timedelta(seconds=5)
"""The least such time. The longest transaction, of 100,000 findings, takes 2 s, and a shorter wait
would end an audit because another target is recorded at the same time."""

OWNER_ONLY_MODE = 0o600
OTHERS_MODE = 0o077

LOCK_POLL_SECONDS = 0.05

_LOCKED = "locked"

_REMEDIES = (
    (
        "full",
        "free disk space; nothing of this transaction was stored, and the next audit repeats it",
    ),
    ("readonly", "make the file and its folder writable for the auditor"),
    ("unable to open", "the file is missing or unreadable: restore it, or change store.url"),
    ("not a database", "set store.url to a database of the auditor"),
    ("malformed", "restore the file from a backup"),
    ("I/O", "check the disk; nothing of this transaction was stored"),
    ("no such table", "the file was replaced during the audit: run again"),
)


class Sqlite:
    """A SQLite file."""

    migrates_itself = True
    reading: Mapping[str, Any] = {}

    def __init__(
        self,
        url: URL,
        *,
        create: bool,
        busy_timeout: timedelta | None = None,
        **engine: Any,  # noqa: ANN401  (create_engine's own)
    ) -> None:
        if not url.database or url.database == ":memory:":
            msg = (
                "store.url: SQLite needs a file, because a database in memory keeps no history "
                "(write sqlite:///auditor.db)"
            )
            raise StoreError(msg)
        self._path = Path(url.database).absolute()
        self.where = str(self._path)
        if not create and not os.path.exists(self._path):  # noqa: PTH110  (any name)
            msg = f"{self.where}: the file does not exist (restore it, or start with `auditor run`)"
            raise StoreError(msg)
        _create(self._path)
        longest = BUSY_TIMEOUT if busy_timeout is None else busy_timeout
        wait = max(MIN_BUSY_TIMEOUT, min(BUSY_TIMEOUT, longest))
        self.engine = _engine(self.where, wait, **engine)

    @contextmanager
    def lock(self, name: str, timeout: timedelta, *, single_use: bool) -> Iterator[str | None]:
        """Lock a file beside the database. The system releases it when the process dies."""
        # A name can be an address (a lock for polls), and a file name has no slash.
        path = self._path.with_name(f"{self._path.name}-lock-{quote(name, safe='')}")
        lock = FileLock(
            path,
            timeout=timeout.total_seconds(),
            mode=OWNER_ONLY_MODE,
            thread_local=False,
            poll_interval=LOCK_POLL_SECONDS,
            fallback_to_soft=False,  # a lock that is only a file would remain after a kill
            on_acquired=_write_holder,
        )
        try:
            lock.acquire()
        except Timeout:
            yield f"process {_read_holder(path)}"
            return
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            yield None
        finally:
            # A file whose name is used again must stay: another process may wait for its lock.
            # One that is used once is deleted before the release: afterwards, it could be the file
            # of the next owner.
            if single_use:
                path.unlink(missing_ok=True)
            lock.release()

    def remediation(self, error: DBAPIError) -> str:
        """Return what fixes ``error``; SQLite's message is the only source of its kind."""
        reason = str(error.orig)
        if _LOCKED in reason:
            side_file = self._path.with_name(f"{self._path.name}-shm")  # it holds the locks of WAL
            process = writing_process((self._path, side_file))
            holder = f"process {process}" if process else "another program"
            return f"{holder} locks the file: wait for its end, and run again"
        return next((fix for word, fix in _REMEDIES if word in reason), "run again")


@lru_cache(maxsize=8)
def _engine(path: str, wait: timedelta, **options: Any) -> Engine:  # noqa: ANN401  (create_engine's own)
    """Return the engine for a file. It has compiled its statements once for all audits.

    Without a pool each transaction opens the file again, so that a file that was deleted or
    replaced is noticed. A pooled connection would write to the deleted file.
    """
    engine = create_engine(
        "sqlite://", creator=partial(_connect, path, wait), poolclass=NullPool, **options
    )
    event.listen(engine, "begin", _begin)
    return engine


def _connect(path: str, wait: timedelta) -> sqlite3.Connection:
    connection = sqlite3.connect(
        # `rw`, not `rwc`: a deleted file is an error, and no empty history is created in its place.
        f"file:{quote(path)}?mode=rw",
        uri=True,
        timeout=wait.total_seconds(),
        isolation_level=None,  # ``_begin`` begins the transactions
        check_same_thread=False,
    )
    try:
        _use_write_ahead_log(connection, wait)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection, wait: timedelta) -> None:
    """Put the file into write-ahead mode. This costs nothing when it already is.

    SQLite does not wait when two processes open a new file at the same time: both read, and
    neither may write while the other reads. So the statement is repeated here.
    """
    deadline = monotonic() + wait.total_seconds()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() >= deadline:
                raise
            sleep(LOCK_POLL_SECONDS)
        else:
            return


def _begin(connection: Connection) -> None:
    """Take the write lock first: a transaction that has read cannot always get it afterwards."""
    options = connection.get_execution_options()
    if options.get("migrating"):  # dropping a table to alter it must not delete its children
        # Before BEGIN: SQLite ignores it inside a transaction.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


_creating = Lock()


def _create(path: Path) -> None:
    """Create the file with mode 0600; SQLite gives its side files the same mode.

    A file that exists is never opened here. SQLite's locks are those of POSIX: when a process
    closes any descriptor of a file, it loses all its locks on that file, also those of other
    threads. Another process would then delete the write-ahead log that this one is using.

    Raises :class:`~auditor.errors.StoreError` when the path is not a regular file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path.parent, error) from error
    try:
        with _creating:  # no other thread may connect before the descriptor is closed
            if not path.exists():
                with suppress(FileExistsError):  # another process created it just now
                    # O_EXCL does not follow a link, so the link to a file that does not exist yet
                    # is resolved.
                    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                    os.close(os.open(path.resolve(), flags, OWNER_ONLY_MODE))
        if path.is_file():
            if path.stat().st_mode & OTHERS_MODE:
                _require_database(path)
                with suppress(PermissionError):  # the file of another owner, shared by a group
                    path.chmod(OWNER_ONLY_MODE)
            # SQLite would open it for reading only, and fail at the first write.
            if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unusable(path, error) from error
    if path.exists() and not path.is_file():
        msg = f"{path}: not a regular file (give store.url a file in a writable folder)"
        raise StoreError(msg)


def _require_database(path: Path) -> None:
    """Raise :class:`~auditor.errors.StoreError` when SQLite does not know the form of a file.

    The mode of such a file must not change: a wrong URL may name any file of the system.
    """
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            msg = f"{path}: {error} (set store.url to a database of the auditor)"
            raise StoreError(msg) from error
    finally:
        connection.close()


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path}: {error.strerror} (give store.url a file in a writable folder)")


def _write_holder(descriptor: int) -> None:
    # Cut after the write: ext4 writes a file that was cut to nothing to the disk when it is closed.
    holder = f"{os.getpid()}\n".encode()
    os.pwrite(descriptor, holder, 0)
    os.ftruncate(descriptor, len(holder))


def _read_holder(path: Path) -> str:
    with suppress(OSError):
        return read_regular_file(path).decode(errors="replace").strip() or "unknown"
    return "unknown"
