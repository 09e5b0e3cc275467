"""Log lines without secrets: JSON, or coloured text in a terminal, with the id of the run."""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO
from uuid import uuid4

import structlog

from auditor.observability.log_level import log_level

MASK = "********"
# With the marks that change the direction of text: a name could reorder the rest of its line.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]+")
# Lengths are limited where two parts can match the same text, so the time grows linearly.
_SECRETS = re.compile(
    r"""
      xox[a-z]-[\w-]+ | xapp-[\w-]+                     # Slack
    | (?<=SSWS\ )\S+ | (?<=Bearer\ )\S+                 # Okta, OAuth
    | (?<=hooks\.slack\.com/services/)[\w/]+            # Slack's webhooks
    | (?<=/invite/)[^\s"'?&]+ | (?<=invite\?token=)\w+  # Unleash's invite links
    | (?:user|[\w-]{1,100}:[\w-]{1,100})[:.][0-9a-f]{40,}+  # Unleash's tokens
    | \beyJ[\w-]{10,}(?:\.[\w-]*){0,2}                  # JSON web tokens
    | (?<=://)[^\s/:@]*:[^\s/@]+(?=@)                   # user and password of an address
    | -----BEGIN[^-]*PRIVATE\ KEY-----.*?(?:-----END[^-]*-----|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def redact(text: str) -> str:
    """Mask each part of the text that has the form of a known secret."""
    return _SECRETS.sub(MASK, text)


def set_up_logs(out: TextIO | None = None) -> None:
    """Send all log lines of this process, those of libraries too, to ``out`` (stderr).

    Raises :class:`~auditor.errors.ConfigError` for an unknown level.
    """
    level = log_level()
    out = out or sys.stderr
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        # This comes after format_exc_info: a traceback can contain a secret too.
        _redact,
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if out.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger would keep the output of an earlier call.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            # Lines of libraries pass the same steps, so their secrets are masked too.
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    # Replaced, not added: the handler of a library would write lines without these steps.
    root.handlers = [handler]
    root.setLevel(level)


@contextmanager
def log_lines(out: TextIO | None = None) -> Iterator[None]:
    """Log to ``out`` (stderr) while the block lasts, under one run id; then all is as before."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    set_up_logs(out)
    try:
        with structlog.contextvars.bound_contextvars(run=run_id()):
            yield
    finally:
        root.handlers = before
        root.setLevel(level)
        structlog.reset_defaults()


def run_id() -> str:
    """Make a name for one run."""
    return uuid4().hex[:12]


def _redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Clean every value; only a traceback keeps its lines, which JSON writes as one."""
    for key, value in event.items():
        # The formatter needs structlog's own entries unchanged.
        if key not in {"_record", "_from_structlog"}:
            event[key] = _clean(value, keep_lines=key == "exception")
    return event


def _clean(value: Any, *, keep_lines: bool = False) -> Any:  # noqa: ANN401  (any value can be logged)
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {str(key): _clean(each) for key, each in value.items()}
        case list() | tuple():
            return [_clean(each) for each in value]
        case _:
            text = redact(str(value))
            return text if keep_lines else _CONTROL.sub(" ", text)
