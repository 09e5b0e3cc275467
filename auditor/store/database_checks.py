"""Check whether the database can store the history."""

import os
from collections.abc import Iterator
from pathlib import Path

from auditor.config.tables.storage_settings import StoreSettings
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.errors import AuditorError
from auditor.store import open_store

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.sshfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)
"""File systems on which SQLite's write-ahead log does not work for several hosts."""

MOUNTS_FILE = Path("/proc/self/mounts")
_SQLITE = "sqlite:///"
DOCTOR_LEASE = "auditor doctor"
"""The name of the lease of the check. It is not a target, because it contains a space."""


def check_store(settings: StoreSettings, mounts: Path = MOUNTS_FILE) -> Iterator[HealthCheck]:
    """Open the database as an audit does. A SQLite file that does not exist is not created."""
    try:
        url = settings.database_url().reveal()
        file = Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None
        if file is None or file.exists():
            # Taking the lock shows that the URL is not a pooler in transaction mode.
            with open_store(url) as store, store.targets.lease(DOCTOR_LEASE):
                pass
            found = str(file) if file else "the PostgreSQL database"
            yield _database(HealthStatus.OK, f"{found} opens.")
        else:
            yield _unborn(file)
    except AuditorError as error:
        yield _database(HealthStatus.ERROR, f"{error}.")
        return
    kind = file_system_of(file, mounts) if file else ""
    if kind in NETWORK_FILE_SYSTEMS:
        yield HealthCheck(
            area="history",
            about="file system",
            status=HealthStatus.WARNING,
            message=f"{file} lies on {kind}: two machines that open it there will damage it.",
            remediation="Use a local disk, or PostgreSQL: store.url.",
        )


def file_system_of(file: Path, mounts: Path) -> str:
    """Return the type of the file system of ``file``; empty without a table of mounts.

    ``mounts`` has the format of fstab(5). macOS has no such file.
    """
    holding = ("", "")
    lines = mounts.read_text(encoding="utf-8", errors="replace") if mounts.exists() else ""
    for line in lines.splitlines():
        _, where, kind, *_ = line.split(" ")
        # fstab(5) writes a space in a path as \040.
        point = where.encode().decode("unicode_escape")
        # Of two mounts at one place, the later one covers the earlier one.
        if file.is_relative_to(point) and len(point) >= len(holding[0]):
            holding = (point, kind)
    return holding[1]


def _unborn(file: Path) -> HealthCheck:
    folder = file.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return _database(HealthStatus.OK, f"{file} is not there yet; the first audit creates it.")
    return HealthCheck(
        area="history",
        about="database",
        status=HealthStatus.ERROR,
        message=f"{file} is not there, and {folder} cannot be written to.",
        remediation="Let the auditor write there, or name another file in store.url.",
    )


def _database(status: HealthStatus, message: str) -> HealthCheck:
    return HealthCheck(area="history", about="database", status=status, message=message)
