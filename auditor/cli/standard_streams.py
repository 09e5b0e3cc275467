"""The standard streams of the process: one that is closed is replaced, and none ends a command.

A program can be started without stdin, stdout or stderr. The next file that it opens, such as the
database, would then get the number of the stream, and text for the stream would go into that file.
"""

import errno
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

STDIN, STDOUT, STDERR = range(3)

_WRITE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def open_standard_streams() -> None:
    """Open the null device for each standard stream that is closed, and accept any character."""
    for number in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(number)
        except OSError:
            _point_to_null(number)
    if sys.stdin is None:
        sys.stdin = open(STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115  (the process's own)
    if sys.stdout is None:
        sys.stdout = _null_writer(STDOUT)
    if sys.stderr is None:
        sys.stderr = _null_writer(STDERR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name can have characters that the encoding of the stream cannot express.
            stream.reconfigure(errors="replace")


def discard_output() -> None:
    """Send stdout, and what is still in its buffer, to the null device.

    Without this, Python tries to write the buffer again at its end, and changes the exit code.
    """
    _point_to_null(STDOUT)


def is_output_error(error: OSError) -> bool:
    """Return whether stdout cannot be written. An error of a file names the file."""
    return error.filename is None and error.errno in _WRITE_ERRORS


def write_message(line: str) -> None:
    """Write a line to stderr. A stderr that cannot be written changes nothing."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)
        return
    _point_to_null(STDERR)


def _null_writer(number: int) -> TextIO:
    return open(number, "w", encoding="utf-8", closefd=False)


def _point_to_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
