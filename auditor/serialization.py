"""From JSON or plain values to records, from any thread.

msgspec learns a record's fields when it is first decoded; while one thread is at it, another is
given what is half learned, and the process dies of it (seen with 0.22). So one learns at a time.
"""

import re
from functools import cache
from threading import Lock
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")


_LEARNING = Lock()


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401  (any type expression)
    """Return what decodes JSON as ``kind``, with all of it learned."""
    return _learned(kind)


def from_json(body: bytes | bytearray, kind: type[T]) -> T:
    """Decode JSON; raise :class:`msgspec.DecodeError` where it is none, or of another shape."""
    return cast("T", decoder(kind).decode(body))


def convert(value: object, kind: type[T]) -> T:
    """Turn plain values into records; raise :class:`msgspec.ValidationError`."""
    decoder(kind)
    return msgspec.convert(value, kind)


@cache
def _learned(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401  (as above)
    with _LEARNING:
        return msgspec.json.Decoder(kind)


_PLAIN = {
    "`int`": "a whole number",
    "`float`": "a number",
    "`str`": "text",
    "`bool`": "true or false",
    "`array`": "a list",
    "`object`": "a table",
    "`date`": "a date",
    "Invalid RFC3339 encoded date": "Expected a date, such as 2027-01-31",
}


_PLAIN_PATTERN = re.compile("|".join(map(re.escape, sorted(_PLAIN, key=len, reverse=True))))


def validation_message(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return where in the value it is wrong, and what: ``(".a[0].b", "expected text, …")``."""
    text, _, path = str(error).partition(" - at `$")
    text = text.replace(" | null`", "`")  # TOML has no null
    text = _PLAIN_PATTERN.sub(lambda found: _PLAIN[found[0]], text)
    return path.removesuffix("`"), f"{text[0].lower()}{text[1:]}"


_TERMINAL_CONTROLS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Controls beyond ASCII's first, which JSON escapes itself, and what turns a text's direction."""


def to_json(value: object, *, indent: bool = True) -> str:
    """Write records as JSON, on several lines or on one."""
    text = msgspec.json.encode(value)
    text = msgspec.json.format(text) if indent else text
    return _TERMINAL_CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text.decode())
