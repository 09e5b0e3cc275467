"""How long a peer asks to be left alone. Pure."""

from collections.abc import Mapping
from datetime import timedelta


def wait_of(headers: Mapping[str, str]) -> timedelta | None:
    """Read ``Retry-After`` in seconds; ``None`` when it does not say, or says a date."""
    wait = headers.get("retry-after") or headers.get("Retry-After") or ""
    return timedelta(seconds=int(wait)) if wait.isdecimal() and len(wait) < 7 else None  # noqa: PLR2004
