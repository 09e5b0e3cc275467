"""Destinations of files: a directory, or an object store that fsspec supports (s3, gs, az).

A file is written completely or not at all. In a directory, only its owner can read it.
"""

import errno
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import Any

from auditor.config.places import EXTRAS_BY_SCHEME, OBJECT_STORE_EXAMPLES
from auditor.config.tables.storage_settings import ReportSettings
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.errors import AuditorError, DeliveryError
from auditor.files import read_regular_file, write_chunks, write_whole

_USE_ANOTHER = f"use a directory, {OBJECT_STORE_EXAMPLES}"

MAX_REASON_LENGTH = 300
"""Characters that are quoted of an error of a library."""


MAX_BYTES_IN_MEMORY = 4 * 1024 * 1024
"""Of a file for an object store. A longer one is a temporary file until it is sent."""


class Destination(ABC):
    """A folder of files; every failure raises :class:`~auditor.errors.DeliveryError`."""

    @abstractmethod
    def write(self, name: str, content: bytes) -> str:
        """Write a file in place of an existing one; return its address."""

    @abstractmethod
    def write_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file from chunks, in place of an existing one."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Return whether a file exists."""

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """Return a file's content; ``None`` if it does not exist."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Delete a file, if it exists."""

    @abstractmethod
    def address(self, name: str) -> str:
        """Return the path or URL of a file."""


def open_destination(place: str, folder: str) -> Destination:
    """Return ``folder`` of a path or URL."""
    if "://" in place:
        return _Remote(f"{place.rstrip('/')}/{folder}")
    return _Directory(Path(place) / folder)


class _Directory(Destination):
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, name: str, content: bytes) -> str:
        with _translated_errors(str(self._path)):
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path / name, content)
        return self.address(name)

    def write_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        with _translated_errors(str(self._path)):
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_chunks(self._path / name, chunks)

    def exists(self, name: str) -> bool:
        with _translated_errors(str(self._path)):
            return (self._path / name).is_file()

    def address(self, name: str) -> str:
        return str(self._path / name)

    def read(self, name: str) -> bytes | None:
        with _translated_errors(str(self._path)):
            try:
                # A symbolic link could lead to any file that the auditor can read.
                if self._path.is_symlink():
                    return None
                return read_regular_file(self._path / name, follow_links=False)
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno != errno.ELOOP:
                    raise
                return None

    def remove(self, name: str) -> None:
        with _translated_errors(str(self._path)):
            (self._path / name).unlink(missing_ok=True)


class _Remote(Destination):
    """An object store writes an object completely or not at all; its access rules apply.

    Each library has its own errors; all of them become delivery errors.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        scheme = url.partition(":")[0]
        try:
            from fsspec.core import url_to_fs

            self._system: Any
            self._system, self._path = url_to_fs(url)
        except (ImportError, ValueError) as error:
            extra = EXTRAS_BY_SCHEME.get(scheme)
            remedy = f"install unleash-okta-auditor[{extra}]" if extra else _USE_ANOTHER
            msg = f"{url}: no installed library writes to {scheme}:// ({remedy})"
            raise DeliveryError(msg) from error

    def write(self, name: str, content: bytes) -> str:
        with _translated_errors(self._url, Exception):
            self._system.pipe_file(f"{self._path}/{name}", content)
        return self.address(name)

    def write_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        rest = iter(chunks)
        first = bytearray()
        for chunk in rest:
            first += chunk
            if len(first) > MAX_BYTES_IN_MEMORY:
                break
        else:
            self.write(name, bytes(first))
            return
        # From a file, the libraries read and send parts, and publish the object when all of them
        # have arrived. Their files for writing would also publish the parts before an error.
        with NamedTemporaryFile(suffix=Path(name).suffix) as file:
            with _translated_errors(gettempdir()):
                file.write(first)
                first.clear()
                file.writelines(rest)
                file.flush()
            with _translated_errors(self._url, Exception):
                self._system.put_file(file.name, f"{self._path}/{name}")

    def exists(self, name: str) -> bool:
        with _translated_errors(self._url, Exception):
            return bool(self._system.exists(f"{self._path}/{name}"))

    def address(self, name: str) -> str:
        return f"{self._url}/{name}"

    def read(self, name: str) -> bytes | None:
        with _translated_errors(self._url, Exception):
            try:
                return bytes(self._system.cat_file(f"{self._path}/{name}"))
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        with _translated_errors(self._url, Exception):
            try:
                self._system.rm_file(f"{self._path}/{name}")
            except FileNotFoundError:
                return


@contextmanager
def _translated_errors(place: str, kind: type[Exception] = OSError) -> Iterator[None]:
    try:
        yield
    except kind as error:
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = " ".join(text.split())[:MAX_REASON_LENGTH]
        is_full = isinstance(error, OSError) and error.errno in _FULL
        remedy = "free disk space" if is_full else "check that the auditor can write there"
        msg = f"{place}: {reason} ({remedy})"
        raise DeliveryError(msg) from error


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_TEST_FILE = ".doctor"
_TEST_CONTENT = bytes(64 * 1024)
"""About the size of a report: a full disk still accepts an empty file."""


def check_destinations(report: ReportSettings) -> Iterator[HealthCheck]:
    """Write a test file to each destination of reports and exports, and delete it."""
    yield _check_destination("reports", report.destination)
    if report.exports and report.export_destination != report.destination:
        yield _check_destination("exports", report.export_destination)


def _check_destination(area: str, place: str) -> HealthCheck:
    """Write a test file to a destination, and delete it."""
    try:
        folder = open_destination(place, "")
        folder.write(_TEST_FILE, _TEST_CONTENT)
        folder.remove(_TEST_FILE)
    except AuditorError as error:
        status, message = HealthStatus.WARNING, f"{error}."
    else:
        status, message = HealthStatus.OK, f"{place} is writable."
    return HealthCheck(area=area, about="destination", status=status, message=message)
