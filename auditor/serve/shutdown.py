"""The end of a service: all its parts end at the same time, within one limit."""

from collections.abc import Iterable
from datetime import timedelta
from time import monotonic
from typing import Protocol


class Part(Protocol):
    """A part of a service that works in threads of its own."""

    def end(self) -> None:
        """Begin no further work. Returns at once; work that runs is not interrupted."""

    def wait(self, ends_at: float) -> bool:
        """Return whether all work ended before ``ends_at`` (:func:`time.monotonic`)."""


def shut_down(parts: Iterable[Part], grace: timedelta) -> bool:
    """End all parts; return whether the work of all ended within ``grace``."""
    stopping = tuple(parts)
    ends_at = monotonic() + grace.total_seconds()
    # All of them first: the supervisor of the process kills it soon after one ``grace``.
    for part in stopping:
        part.end()
    results = [part.wait(ends_at) for part in stopping]
    return all(results)


def seconds_until(ends_at: float) -> float:
    """Return the seconds from now to a time of :func:`time.monotonic`, at least 0."""
    return max(0.0, ends_at - monotonic())
