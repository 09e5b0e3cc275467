"""Where files for people go: a directory, or any place that fsspec knows (s3, gs, az).

A file is there whole or not at all, and nobody but its owner reads it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from auditor.config.storage_settings import ReportSettings
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.errors import AuditorError, DeliveryError
from auditor.files import write_whole

EXTRAS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}
"""Scheme to the extra that brings it."""

LONGEST = 300
"""So much is told of an error that somebody else worded."""


class Destination(ABC):
    """A folder of files; every fault is a :class:`~auditor.errors.DeliveryError`."""

    @abstractmethod
    def write(self, name: str, content: bytes) -> str:
        """Put ``content`` there, in place of what was; return the file's address."""

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """Return a file's content; ``None`` when there is no such file."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Delete a file, if it is there."""


def open_destination(place: str, folder: str) -> Destination:
    """Return ``folder`` of a path or URL."""
    if "://" in place:
        return _Remote(f"{place.rstrip('/')}/{folder}")
    return _Directory(Path(place) / folder)


class _Directory(Destination):
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, name: str, content: bytes) -> str:
        with _explained(str(self._path)):
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path / name, content)
        return str(self._path / name)

    def read(self, name: str) -> bytes | None:
        with _explained(str(self._path)):
            try:
                # A symbolic link could lead to any file that the auditor can read.
                if (self._path / name).is_symlink() or self._path.is_symlink():
                    return None
                return (self._path / name).read_bytes()
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        with _explained(str(self._path)):
            (self._path / name).unlink(missing_ok=True)


class _Remote(Destination):
    """An object store writes an object whole or not at all; its own rights say who reads it.

    Every kind of store has errors of its own: each of them is taken for what it is.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        scheme = url.partition(":")[0]
        extra = EXTRAS.get(scheme, scheme)
        try:
            from fsspec.core import url_to_fs

            self._system: Any
            self._system, self._path = url_to_fs(url)
        except (ImportError, ValueError) as error:
            msg = (
                f"{url}: nothing here can write to {scheme}://; "
                f"install unleash-okta-auditor[{extra}]"
            )
            raise DeliveryError(msg) from error

    def write(self, name: str, content: bytes) -> str:
        with _explained(self._url, Exception):
            self._system.pipe_file(f"{self._path}/{name}", content)
        return f"{self._url}/{name}"

    def read(self, name: str) -> bytes | None:
        with _explained(self._url, Exception):
            try:
                return bytes(self._system.cat_file(f"{self._path}/{name}"))
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        with _explained(self._url, Exception):
            try:
                self._system.rm_file(f"{self._path}/{name}")
            except FileNotFoundError:
                return


@contextmanager
def _explained(place: str, kind: type[Exception] = OSError) -> Iterator[None]:
    try:
        yield
    except kind as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        told = " ".join(words.split())[:LONGEST]
        msg = f"{place}: {told}; check that the auditor may write there"
        raise DeliveryError(msg) from error


_TRIAL = ".doctor"


def check_destinations(report: ReportSettings) -> Iterator[HealthCheck]:
    """Write a file to each place where reports and exports go, and delete it."""
    yield _check_destination("reports", report.destination)
    if report.exports and report.export_destination != report.destination:
        yield _check_destination("exports", report.export_destination)


def _check_destination(area: str, place: str) -> HealthCheck:
    """Write a file to where files go, and delete it."""
    try:
        folder = open_destination(place, "")
        folder.write(_TRIAL, b"")
        folder.remove(_TRIAL)
    except AuditorError as error:
        standing, says = HealthStatus.WARNING, f"{error}."
    else:
        standing, says = HealthStatus.OK, f"{place} can be written to."
    return HealthCheck(area=area, about="destination", status=standing, message=says)
