"""The warnings that an audit logs. structlog is imported with the first one.

Its import, with asyncio and the tracebacks of rich, is a twelfth of the CPU of a small audit, and
nearly all audits log nothing. Modules that log in each run use structlog itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Write = Callable[[str, dict[str, object]], None]
"""Called with the event and its fields."""

_writers: list[Write] = []
"""The last one is in use. Without any, structlog writes."""


def log_warning(event: str, **fields: object) -> None:
    """Log a warning."""
    if _writers:
        _writers[-1](event, fields)
        return
    import structlog

    structlog.get_logger("auditor").warning(event, **fields)


@contextmanager
def warnings_written_by(write: Write) -> Iterator[None]:
    """Pass each warning to ``write``, in all threads, while the block lasts."""
    _writers.append(write)
    try:
        yield
    finally:
        _writers.remove(write)
