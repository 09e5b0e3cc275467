"""From JSON or plain values to records, from any thread.

msgspec reads the fields of a record type when it first decodes it. A second thread that decodes
the same type meanwhile crashes the process (observed with 0.22). So a lock protects the first time.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from threading import Lock
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")


_FIRST_TIME = Lock()


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401  (any type expression)
    """Return the decoder of JSON as ``kind``. It can be used by several threads."""
    return _cached(kind)


def from_json(body: bytes | bytearray | str, kind: type[T]) -> T:
    """Decode JSON. Raises :class:`msgspec.DecodeError` for other text and for another shape."""
    try:
        return cast("T", decoder(kind).decode(body))
    # msgspec raises RecursionError for deeply nested JSON.
    except (UnicodeDecodeError, RecursionError) as error:
        message = "not UTF-8, or nested too deeply"
        raise msgspec.DecodeError(message) from error


def scalar_from_json(text: str) -> Any:  # noqa: ANN401  (any scalar of JSON)
    """Decode a text, a number, a Boolean or null of canonical JSON; a list or a table stays JSON.

    So a value that is nested deeply is never decoded.
    """
    return text if text.startswith(("[", "{")) else msgspec.json.decode(text)


def convert(value: object, kind: type[T]) -> T:
    """Return plain values as records. Raises :class:`msgspec.ValidationError`."""
    decoder(kind)
    return msgspec.convert(value, kind)


def convert_each(values: Iterable[object], kind: type[T]) -> Iterator[T]:
    """Yield each of ``values`` as a record. Raises :class:`msgspec.ValidationError`."""
    decoder(kind)
    return (msgspec.convert(value, kind) for value in values)


@cache
def _cached(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401  (as above)
    with _FIRST_TIME:
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


def validation_message(error: msgspec.DecodeError) -> tuple[str, str]:
    """Return the path of the wrong value and the reason: ``(".a[0].b", "expected text, …")``."""
    text, _, path = str(error).partition(" - at `$")
    text = text.replace(" | null`", "`")  # TOML has no null
    text = _PLAIN_PATTERN.sub(lambda found: _PLAIN[found[0]], text)
    return path.removesuffix("`"), f"{text[0].lower()}{text[1:]}"


_TERMINAL_CONTROLS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters that JSON does not escape, and characters that change text direction."""


def to_json(value: object, *, indent: bool = True) -> str:
    """Return records as JSON, on several lines or on one."""
    text = msgspec.json.encode(value)
    text = msgspec.json.format(text) if indent else text
    return _TERMINAL_CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text.decode())
