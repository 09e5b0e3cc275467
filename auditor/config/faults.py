"""All that is wrong with a configuration, said at once and not one by one. Pure."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from auditor.errors import ConfigError

T = TypeVar("T")


def every(parts: Iterable[Callable[[], T]]) -> tuple[T, ...]:
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


def together(**parts: Callable[[], Any]) -> dict[str, Any]:
    """Do the same by name."""
    return dict(zip(parts, every(parts.values()), strict=True))
