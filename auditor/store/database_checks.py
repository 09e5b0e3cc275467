"""Whether history can be kept."""

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
"""Where the shared memory of SQLite's write-ahead log is not shared."""

MOUNTS_FILE = Path("/proc/self/mounts")
_SQLITE = "sqlite:///"
DOCTOR_LEASE = "auditor doctor"
"""Not a target: no target name contains a space."""


def check_store(settings: StoreSettings, mounts: Path = MOUNTS_FILE) -> Iterator[HealthCheck]:
    """Open the database as an audit would; a SQLite file that is not there yet is not made."""
    try:
        url = settings.database_url().reveal()
        file = Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None
        if file is None or file.exists():
            # The lock shows that the database is no pooler in transaction mode.
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
    """Return the kind of file system that holds ``file``; empty where no table of mounts is.

    ``mounts`` is written as in fstab(5); macOS has none.
    """
    holding = ("", "")
    lines = mounts.read_text(encoding="utf-8", errors="replace") if mounts.exists() else ""
    for line in lines.splitlines():
        _, where, kind, *_ = line.split(" ")
        point = where.encode().decode("unicode_escape")
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
