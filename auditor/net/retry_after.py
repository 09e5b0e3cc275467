"""How long a peer asks to be left alone. Pure."""

from collections.abc import Mapping
from datetime import timedelta

_DIGITS = 6
"""A number of seconds that has more is no wait, and may be more than a timedelta holds."""


def wait_of(headers: Mapping[str, str]) -> timedelta | None:
    """Read ``Retry-After`` in seconds; ``None`` when it does not say, or says a date."""
    wait = headers.get("retry-after") or headers.get("Retry-After") or ""
    return timedelta(seconds=int(wait)) if wait.isdecimal() and len(wait) <= _DIGITS else None
