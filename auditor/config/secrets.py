"""A value that is used but never shown. Pure."""

from hmac import compare_digest
from typing import final

MASK = "********"


@final
class Secret:
    """A token, a key or an address that opens something; text forms of it are masked.

    It is no string and no record on purpose: formatting it gives the mask, and encoding it with
    msgspec or json, or pickling it, fails.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself, for the one place that sends it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> str:
        message = "a secret is never written down"
        raise TypeError(message)
