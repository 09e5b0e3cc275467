"""Numbers and instants as people read them. Pure."""

from datetime import datetime


def count(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: ``1 finding``, ``4,312 people``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def moment(at: datetime) -> str:
    """Write an instant to the minute: ``2026-03-02 09:00 UTC``."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
