"""Messages beside the answer of a command: errors, warnings and progress.

They are plain lines on stderr. While :func:`json_log` is active they are JSON lines instead. Both
settings belong to the process, as the configuration of :mod:`logging` does.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TextIO

from auditor.cli.standard_streams import write_message
from auditor.errors import AuditorError
from auditor.module_log import warnings_written_by
from auditor.text import sanitize

ROWS_PER_LINE = 10_000
"""Without a terminal, a collection is mentioned each time that it has grown by so many rows."""


class _Reporting:
    """How messages are written."""

    def __init__(self) -> None:
        self.log: Any = None
        """The structlog logger while JSON lines are written, else ``None``."""

        self.tracebacks = False


_reporting = _Reporting()


@contextmanager
def json_log(out: TextIO | None = None) -> Iterator[None]:
    """Write messages as JSON lines on ``out`` (default: stderr) while the block lasts.

    Raises :class:`~auditor.errors.ConfigError` for an unknown AUDITOR_LOG_LEVEL.
    """
    import structlog

    from auditor.observability.logs import log_lines

    before = _reporting.log
    with log_lines(out):
        _reporting.log = structlog.get_logger("auditor")
        try:
            yield
        finally:
            _reporting.log = before


@contextmanager
def show_tracebacks(*, enabled: bool) -> Iterator[None]:
    """Print the traceback of each described error while the block lasts."""
    before = _reporting.tracebacks
    _reporting.tracebacks = enabled
    try:
        yield
    finally:
        _reporting.tracebacks = before


def print_error(message: str) -> None:
    """Report an error in one line, without control characters."""
    if log := _reporting.log:
        log.error(sanitize(message))
    else:
        write_message(f"auditor: {sanitize(message)}")


def print_warning(message: str) -> None:
    """Report a warning in one line."""
    if log := _reporting.log:
        log.warning(sanitize(message))
    else:
        write_message(f"auditor: warning: {sanitize(message)}")


def print_progress(message: str) -> None:
    """Report progress, or a side effect such as a written file, in one line."""
    if log := _reporting.log:
        log.info(sanitize(message))
    else:
        write_message(f"auditor: {sanitize(message)}")


def log_event(event: str, **fields: object) -> None:
    """Write an event if JSON lines are written; a text answer contains the same facts."""
    if log := _reporting.log:
        log.info(event, **fields)


def log_context(**fields: str) -> AbstractContextManager[object]:
    """Add fields to each JSON line of the block."""
    if _reporting.log is None:
        return nullcontext()
    from structlog.contextvars import bound_contextvars

    return bound_contextvars(**fields)


def describe_error(error: BaseException) -> str:
    """Return an error in one line. An internal error is named by its kind only.

    With ``--debug``, and for internal errors also in a JSON log, the traceback is written, too.
    """
    internal = not isinstance(error, AuditorError)
    if _reporting.tracebacks or (internal and _reporting.log):
        print_traceback(error)
    if not internal:
        return str(error)
    return f"internal error: {type(error).__name__}. Run the command with --debug for the traceback"


def print_traceback(error: BaseException) -> None:
    """Write where an error was raised; what has the form of a secret is masked."""
    if log := _reporting.log:
        log.error("traceback", exc_info=error)
        return
    from traceback import format_exception

    from auditor.observability.logs import redact

    write_message(redact("".join(format_exception(error))).rstrip("\n"))


@contextmanager
def progress(task: str, *, animated: bool = True) -> Iterator[Callable[[str, int], None]]:
    """Yield a function that is called with the name of a collection and its rows so far.

    On a terminal, one line is updated and erased at the end. ``animated`` is False if other
    threads write to the terminal at the same time.
    """
    if not (animated and _reporting.log is None and sys.stderr.isatty()):
        yield _row_counter()
        return
    from rich.console import Console

    rows: dict[str, int] = {}
    with Console(stderr=True).status(task) as status:

        def show(collection: str, count: int) -> None:
            rows[collection] = count
            status.update(f"{task}: {collection} {count:,} of {sum(rows.values()):,} rows")

        yield show


def _row_counter() -> Callable[[str, int], None]:
    reported: dict[str, int] = {}

    def show(collection: str, count: int) -> None:
        if count - reported.get(collection, 0) >= ROWS_PER_LINE:
            reported[collection] = count
            print_progress(f"{collection}: {count:,} rows")

    return show


def plain_warnings() -> AbstractContextManager[None]:
    """Write the warnings that an audit logs as plain lines on stderr, without structlog."""
    return warnings_written_by(_print_log_entry)


@contextmanager
def plain_log() -> Iterator[None]:
    """Write the warnings and errors that all modules log as plain lines on stderr.

    Without it structlog would print them on stdout, between the lines of the answer.
    """
    import logging

    import structlog

    structlog.configure(
        processors=[_print_processed],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # The processor prints, so the logger itself must print nothing.
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.reset_defaults()


def _print_processed(
    _logger: object, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    _print_log_entry(str(entry["event"]), {key: entry[key] for key in entry if key != "event"})
    return entry


def _print_log_entry(event: str, fields: Mapping[str, object]) -> None:
    print_warning(", ".join([event, *(f"{key} {value}" for key, value in fields.items())]))
