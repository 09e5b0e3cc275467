"""Numbers, times and durations as people read and write them. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 finding``, ``4,312 people``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


SHORT_ID = 7
"""Hex digits of an id that people see. Commands accept the first digits of an id."""

BEING_COUNTED = "being counted"
"""The text instead of the number of affected users, until the next full audit counts them."""


def affected_text(number: int, *, is_counting: bool) -> str:
    """Return a number of affected users for a table; empty: no user is known."""
    if is_counting:
        return BEING_COUNTED
    return f"{number:,}" if number else ""


def format_time(at: datetime) -> str:
    """Return a time to the minute: ``2026-03-02 09:00 UTC``."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def list_some(words: Sequence[str], total: int, most: int) -> str:
    """Return the first words of ``total``: ``Ada, Grace and 4,312 more``."""
    shown = words[:most]
    rest = total - len(shown)
    more = f"{rest:,} more" if rest else ""
    return " and ".join(filter(None, (", ".join(shown), more)))


_CONTROL_CHARACTERS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]+",
)
"""Control characters, and characters that change the direction of text."""


def sanitize(text: str) -> str:
    """Return ``text`` in one line, without characters that control a terminal."""
    return _CONTROL_CHARACTERS.sub(" ", text)


def format_duration(span: timedelta) -> str:
    """Return a duration in its two largest units: ``3 days 4 hours``."""
    minutes = max(0, int(span.total_seconds() // 60))
    units = (("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60))
    parts = [count(number, unit) for unit, number in units if number]
    return " ".join(parts[:2]) or "less than a minute"


def join_some(names: Sequence[str], total: int) -> str:
    """List names and count the rest: ``Ada, Ben and 4,312 more``."""
    rest = total - len(names)
    if not names:
        return ""
    if rest > 0:
        return f"{', '.join(names)} and {rest:,} more"
    return ", ".join(names[:-1]) + (f" and {names[-1]}" if len(names) > 1 else names[0])


_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_DURATION = re.compile(
    r"(?P<number>[1-9]\d{0,5})\s*(?P<unit>m|h|d|w)(?:in|inutes?|ours?|ays?|eeks?)?",
    re.IGNORECASE | re.ASCII,
)
DURATION_EXAMPLES = "'400 days', '12 weeks', '7d', '12 hours'"


def parse_duration(text: str) -> timedelta | None:
    """Return the time that ``text`` states, such as ``7d``; ``None``: it states none."""
    found = _DURATION.fullmatch(text.strip())
    return int(found["number"]) * _UNITS[found["unit"].lower()] if found else None


def numeric_order(name: str) -> tuple[tuple[str, int], ...]:
    """Return a key that sorts ``payments-2`` before ``payments-10``."""
    return tuple(
        (text.casefold(), int(digits or 0))
        for text, digits in re.findall(r"([^0-9]*)([0-9]*)", name)
    )
