"""Files that are written completely or not at all, and that only their owner can read."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path


def require_regular_file(path: Path) -> None:
    """Raise :class:`OSError` when ``path`` is a device, a pipe, a directory, or does not exist.

    A read of a device or a pipe may never end, and a write would replace it.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file at ``path`` by ``content``, as :func:`write_chunks` does."""
    write_chunks(path, (content,))


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """Replace the file at ``path`` by chunks, each written when it is made; mode 0600.

    Raises :class:`OSError`, also when ``path`` exists and is no regular file.
    """
    if path.exists():
        require_regular_file(path)
    # In the same folder, so that the file is renamed within one file system. Its mode is 0600.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)  # it exists only after an error
