"""The command line: the one place that prints errors and picks the exit code."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from io import TextIOWrapper

from auditor import __version__
from auditor.cli.exit_code import ExitCode
from auditor.cli.voice import complain, is_logged, trace
from auditor.errors import AuditorError, DeliveryError

DEBUG = "--debug"


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
    with ExitStack() as lasting:
        try:
            arguments = parse([word for word in argv if word != DEBUG])
            arguments.debug = debug
            if arguments.unattended and (arguments.format == "log" or not sys.stderr.isatty()):
                from auditor.observability.logs import log_lines

                lasting.enter_context(log_lines())
            code: int = arguments.run(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitCode.CLOSED_PIPE
        except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001  (nothing is above)
            return _end(error, debug=debug)
    return code


def explain(error: Exception, *, debug: bool) -> str:
    """Say in one line what went wrong; of a bug no more than its kind, unless asked or logged."""
    if debug or (is_logged() and not isinstance(error, AuditorError)):
        trace(error)
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
                return ExitCode.NOT_DELIVERED
            return ExitCode.UNUSABLE if isinstance(error, AuditorError) else ExitCode.A_BUG
        case _:
            complain("stopped")
            return ExitCode.INTERRUPTED
