"""The time, as everybody here is told it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Tells the time, aware."""


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
