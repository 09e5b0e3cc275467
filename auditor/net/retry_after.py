"""The Retry-After header, and the clock of the server that sent it. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_DIGITS = 6
"""A number of seconds with more digits is not a wait: 999,999 seconds are eleven days."""

MAX_DATE_LENGTH = 64
"""A longer text is not a date."""


def read_retry_after(headers: Mapping[str, str], *, received_at: datetime) -> timedelta | None:
    """Return how long a server asks its client to wait, from zero up.

    The header contains a number of seconds or a date (RFC 9110, section 10.2.3). A date is
    compared with the server's own clock when the response has a ``Date`` header, else with
    ``received_at``. A wrong local clock then does not change the wait.

    The names in ``headers`` may be in any case. Returns ``None`` when the header is absent or
    unreadable.
    """
    value = _header(headers, "retry-after").strip()
    # isdecimal() alone accepts the digits of every script.
    if value.isascii() and value.isdecimal():
        return timedelta(seconds=int(value)) if len(value) <= MAX_RETRY_AFTER_DIGITS else None
    until = parse_http_date(value)
    if until is None:
        return None
    now = server_time(headers) or received_at
    return max(timedelta(), until - now)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the aware time in the ``Date`` header; ``None`` when it is absent or unreadable."""
    return parse_http_date(_header(headers, "date"))


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def parse_http_date(value: str) -> datetime | None:
    """Return a date in UTC; ``None`` for text that is no date, or is beyond the calendar."""
    try:
        date = parsedate_to_datetime(value[:MAX_DATE_LENGTH])
        # The zone "-0000" means UTC of unknown origin. The standard library returns no zone then.
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
