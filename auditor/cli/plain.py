"""Text from outside, made harmless for a terminal or a log. Pure."""

import re

_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]+",
)
"""Control characters, and those that turn the direction of the text around them."""


def plain(text: str) -> str:
    """Return ``text`` in one line, without anything that a terminal would obey."""
    return _CONTROL.sub(" ", text)
