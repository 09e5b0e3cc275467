"""Which process locks a file, from the table of locks of Linux."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LOCK_TABLE = Path("/proc/locks")
"""Lines such as ``1: POSIX  ADVISORY  WRITE 21726 fe:00:3711001 120 120``: kind, mode, process,
device and inode, first and last byte. Source: proc_locks(5)."""


def writing_process(files: Iterable[Path]) -> int | None:
    """Return the id of another process that holds a lock for writing on one of the files.

    Returns ``None`` if there is none, or if the system does not show it. No file is opened: when a
    process closes any descriptor of a file, it loses its own locks on that file.
    """
    wanted = set()
    for file in files:
        # The side file exists only while the database is in use.
        with suppress(OSError):
            status = file.stat()
            device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
            wanted.add(f"{device}:{status.st_ino}")
    try:
        lines = LOCK_TABLE.read_text().splitlines()
    except OSError:  # not Linux, or not permitted
        return None
    for line in lines:
        match line.split():
            # A process that only waits for a lock has a ninth field (`->`), so it does not match.
            case [_, _, _, "WRITE", process, place, _, _] if place in wanted:
                if int(process) not in {0, -1, os.getpid()}:  # 0, -1: of another container
                    return int(process)
    return None
