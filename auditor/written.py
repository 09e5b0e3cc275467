"""JSON that means what it meant, and that a terminal shows and does not obey. Pure."""

import re

import msgspec

_OBEYED = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Controls beyond ASCII's first, which JSON escapes itself, and what turns a text's direction."""


def as_json(value: object, *, indent: bool = True) -> str:
    """Write records as JSON, on several lines or on one."""
    text = msgspec.json.encode(value)
    text = msgspec.json.format(text) if indent else text
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text.decode())
