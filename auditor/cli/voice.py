"""What a command says on stderr, beside its answer: plain lines, or log lines."""

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from auditor.text import sanitize


def complain(message: str) -> None:
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


def remark(message: str) -> None:
    """Say how far it is, or what was done by the way."""
    if log := _log():
        log.info(sanitize(message))
    else:
        print(sanitize(message), file=sys.stderr)


def note(event: str, **numbers: object) -> None:
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
