"""What a command says on stderr, beside its answer: plain lines, or log lines."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from auditor.errors import AuditorError
from auditor.text import sanitize


def print_error(message: str) -> None:
    """Say in one line what went wrong; control characters in it do nothing."""
    if log := _log():
        log.error(sanitize(message))
    else:
        print(f"auditor: {sanitize(message)}", file=sys.stderr)


def warn(message: str) -> None:
    """Say what should not stay as it is."""
    if log := _log():
        log.warning(sanitize(message))
    else:
        print(f"warning: {sanitize(message)}", file=sys.stderr)


def print_progress(message: str) -> None:
    """Say how far it is, or what was done by the way."""
    if log := _log():
        log.info(sanitize(message))
    else:
        print(sanitize(message), file=sys.stderr)


def log_event(event: str, **numbers: object) -> None:
    """Log what came of something; a person reads it in the answer."""
    if log := _log():
        log.info(event, **numbers)


def trace(error: Exception) -> None:
    """Say where an error came from, without the secrets that may stand there."""
    if log := _log():
        log.error("traceback", exc_info=error)
        return
    from traceback import format_exception

    from auditor.observability.logs import redact

    print(redact("".join(format_exception(error))), end="", file=sys.stderr)


def about(**what: str) -> AbstractContextManager[object]:
    """Name on each log line of the block what it is about."""
    if _log() is None:
        return nullcontext()
    from structlog.contextvars import bound_contextvars

    return bound_contextvars(**what)


def is_logged() -> bool:
    """Tell whether log lines are written."""
    return _log() is not None


def _log() -> Any:  # noqa: ANN401  (structlog's own loggers are of any type)
    """Return the log, if lines of it are written; structlog is imported by whoever does that."""
    structlog = sys.modules.get("structlog")
    if structlog is None or not structlog.is_configured():
        return None
    return structlog.get_logger("auditor")


DEBUG = "--debug"


def explain(error: Exception, *, debug: bool) -> str:
    """Say in one line what went wrong; of a bug no more than its kind, unless asked or logged."""
    if debug or (is_logged() and not isinstance(error, AuditorError)):
        trace(error)
    if isinstance(error, AuditorError):
        return str(error)
    return f"a bug: {type(error).__name__} (run it with {DEBUG} for the traceback)"


STEP = 10_000
"""In a log, a collection is mentioned each time it has grown by so many rows."""


@contextmanager
def progress(what: str, *, moving: bool = True) -> Iterator[Callable[[str, int], None]]:
    """Give a function that is told a collection's name and its rows so far; writes to stderr.

    ``moving``: nothing else writes to the terminal meanwhile.
    """
    if not (moving and sys.stderr.isatty()):
        yield _lines()
        return
    from rich.console import Console

    rows: dict[str, int] = {}
    with Console(stderr=True).status(what) as status:

        def show(collection: str, count: int) -> None:
            rows[collection] = count
            status.update(f"{what}: {collection} {count:,} of {sum(rows.values()):,} rows")

        yield show


def _lines() -> Callable[[str, int], None]:
    told: dict[str, int] = {}

    def tell(collection: str, count: int) -> None:
        if count - told.get(collection, 0) >= STEP:
            told[collection] = count
            print_progress(f"{collection}: {count:,} rows")

    return tell
