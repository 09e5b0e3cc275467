"""Files that are written completely or not at all, and that only their owner can read."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

_REMEDIES = {
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EEXIST: "name a file that does not exist",
    errno.EISDIR: "name a file, not a folder",
    errno.EACCES: "give this user access",
    errno.EPERM: "give this user access",
    errno.EROFS: "use a place that can be written",
    errno.ENOSPC: "free disk space",
    errno.EDQUOT: "free disk space",
    errno.EFBIG: "raise the limit of file sizes",
    errno.ELOOP: "remove the loop of symbolic links",
}


def cause_and_remedy(error: OSError) -> str:
    """Return the cause and what to do: ``No space left on device (free disk space)``."""
    cause = error.strerror or str(error) or type(error).__name__
    return f"{cause} ({_REMEDIES.get(error.errno or 0, 'use another path')})"


def require_regular_file(path: Path) -> None:
    """Raise :class:`OSError` when ``path`` is a device, a pipe, a directory, or does not exist.

    A read of a device or a pipe may never end, and a write would replace it.
    """
    _require_regular(path, path.stat())


def read_regular_file(
    path: Path, at_most: int | None = None, *, follow_links: bool = True
) -> bytes:
    """Return the content of a file, or its first ``at_most`` bytes.

    Raises :class:`OSError`, also when ``path`` is no regular file, and never waits for a pipe.
    Without ``follow_links``, a symbolic link is an error (``ELOOP``).
    """
    # O_NONBLOCK: without it, the open itself would wait for the writer of a pipe. The opened file
    # is checked, so that no other one can take the place of the path between check and read.
    links = 0 if follow_links else os.O_NOFOLLOW
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | links)
    try:
        _require_regular(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(-1 if at_most is None else at_most)
    finally:
        os.close(descriptor)


def _require_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace the file at ``path`` by ``content``, as :func:`write_chunks` does."""
    write_chunks(path, (content,), mode=mode)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet. A file that cannot be written in full is deleted.

    Raises :class:`OSError`.
    """
    with path.open("xb", buffering=0) as file:
        try:
            while content:
                content = content[file.write(content) :]
        except OSError as error:  # an error of a write does not name the file
            path.unlink()
            raise OSError(error.errno, error.strerror, str(path)) from error


def write_chunks(path: Path, chunks: Iterable[bytes], *, mode: int = 0o600) -> None:
    """Replace the file at ``path`` by chunks, each written when it is made.

    Raises :class:`OSError`, also when ``path`` exists and is no regular file.
    """
    if path.exists():
        require_regular_file(path)
    # In the same folder, so that the file is renamed within one file system.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)  # it exists only after an error
