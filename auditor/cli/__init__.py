"""The command line: the one place that prints errors and picks the exit code."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from auditor import __version__
from auditor.errors import AuditorError

A_BUG = 70
INTERRUPTED = 130
CLOSED_PIPE = 141


def run(argv: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    if list(argv) == ["--version"]:
        print(f"auditor {__version__}")
        return 0
    from auditor.cli.parser import parse

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        arguments = parse(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001  (nothing is above)
        return _end(error, debug="--debug" in argv)
    return code


def complain(message: str) -> None:
    """Print one line about what went wrong; control characters in it do nothing."""
    from auditor.cli.plain import plain

    print(f"auditor: {plain(message)}", file=sys.stderr)


def _end(error: BaseException, *, debug: bool) -> int:
    """Say why a command ended, and give the exit code for it."""
    if debug and isinstance(error, Exception):
        from traceback import print_exception

        print_exception(error)
    match error:
        case AuditorError():
            complain(str(error))
            return 2
        case SystemExit():  # argparse has printed what was asked for: help, or the version
            return int(error.code or 0)
        case KeyboardInterrupt():
            complain("stopped")
            return INTERRUPTED
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return CLOSED_PIPE
        case _:
            complain(f"a bug: {type(error).__name__} (run it with --debug for the traceback)")
            return A_BUG
