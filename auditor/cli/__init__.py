"""The command line: the one place that prints errors and picks the exit code."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from auditor import __version__
from auditor.errors import AuditorError, DeliveryError

DEBUG = "--debug"
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
    debug = DEBUG in argv
    try:
        arguments = parse([word for word in argv if word != DEBUG])
        arguments.debug = debug
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001  (nothing is above)
        return _end(error, debug=debug)
    return code


def complain(message: str) -> None:
    """Print one line about what went wrong; control characters in it do nothing."""
    from auditor.cli.plain import plain

    print(f"auditor: {plain(message)}", file=sys.stderr)


def explain(error: Exception, *, debug: bool) -> str:
    """Say in one line what went wrong; of a bug no more than its kind, unless asked."""
    if debug:
        from traceback import print_exception

        print_exception(error)
    if isinstance(error, AuditorError):
        return str(error)
    return f"a bug: {type(error).__name__} (run it with {DEBUG} for the traceback)"


def _end(error: BaseException, *, debug: bool) -> int:
    """Say why a command ended, and give the exit code for it."""
    match error:
        case SystemExit():  # argparse has printed what was asked for: help, or the version
            return int(error.code or 0)
        case Exception():
            said = explain(error, debug=debug)
            for line in error.lines if isinstance(error, AuditorError) else (said,):
                complain(line)
            if isinstance(error, DeliveryError):
                return 4
            return 2 if isinstance(error, AuditorError) else A_BUG
        case _:
            complain("stopped")
            return INTERRUPTED
