"""What can go wrong in a way that a person can mend."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar


class AuditorError(Exception):
    """Base of all errors that are shown to a person; the message names the thing and the remedy.

    Each argument is such a message, in one line.
    """

    @property
    def lines(self) -> tuple[str, ...]:
        """All that it says, in a line each."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return "; ".join(self.lines)


class ConfigError(AuditorError):
    """The configuration, the command line or a rule file cannot be used (exit 2)."""


class StoreError(AuditorError):
    """History cannot be read or written (exit 2)."""


class DeliveryError(AuditorError):
    """Something was audited but could not be told (exit 4)."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest a near miss: ``" (did you mean 'allowed'?)"``, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


T = TypeVar("T")


def gather_errors(parts: Iterable[Callable[[], T]]) -> tuple[T, ...]:
    """Return what each part comes to; raise one ConfigError with the complaints of all."""
    done: list[T] = []
    faults: dict[str, None] = {}
    for part in parts:
        try:
            done.append(part())
        except ConfigError as error:
            faults.update(dict.fromkeys(error.lines))
    if faults:
        raise ConfigError(*faults)
    return tuple(done)


def gather_errors_by_name(**parts: Callable[[], Any]) -> dict[str, Any]:
    """Do the same by name."""
    return dict(zip(parts, gather_errors(parts.values()), strict=True))
