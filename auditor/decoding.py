"""From JSON or plain values to records, from any thread.

msgspec learns a record's fields when it is first decoded; while one thread is at it, another is
given what is half learned, and the process dies of it (seen with 0.22). So one learns at a time.
"""

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
