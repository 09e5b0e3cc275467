"""Spans of time as people write them: ``400 days``, ``7d``, ``12 hours``. Pure."""

import re
from datetime import timedelta

from auditor.config.location import Location

_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_SPAN = re.compile(
    r"(?P<number>[1-9]\d{0,5})\s*(?P<unit>m|h|d|w)(?:in|inutes?|ours?|ays?|eeks?)?", re.IGNORECASE
)

EXAMPLES = "'400 days', '12 weeks', '7d', '12 hours'"


def duration(text: str) -> timedelta | None:
    """Read a span; ``None`` when it is none."""
    found = _SPAN.fullmatch(text.strip())
    return int(found["number"]) * _UNITS[found["unit"].lower()] if found else None


def span(text: str, place: Location) -> timedelta:
    """Read a span of time; raise :class:`~auditor.errors.ConfigError` when it is none."""
    read = duration(text)
    if read is None:
        place.refuse(f"no span of time: {text!r}", f"write one like {EXAMPLES}")
    return read
