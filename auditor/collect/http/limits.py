"""How much a collection may take: of time, of memory, of other people's rate limit. Pure."""

import threading
import time

from msgspec import Struct

MIB = 1024 * 1024
SMALL = 8 * MIB
PAGE = 64 * MIB
WHOLE_LIST = 512 * MIB
"""Unleash's user list comes in one piece: about 500 bytes a person."""


class Limits(Struct, frozen=True, kw_only=True):
    """Times are in seconds."""

    run: float = 900
    """One collection of a target, all waiting included."""

    request: float = 180
    """One answer, from its first byte to its last."""

    silence: float = 30
    """The longest wait for the next byte."""

    attempts: int = 4
    """How often a request is sent before its failure counts."""

    backoff: float = 0.5
    """The first pause after a failure; doubles each time, with jitter."""

    patience: float = 75
    """The longest pause that an answer may ask for; Okta's windows last a minute."""

    leave: float = 0.5
    """The share of each rate-limit bucket of Okta that is left to others."""

    connections: int = 8
    """Requests at a time to each side."""

    pages: int = 10_000
    """Of one list; more than that is no list but a fault."""


OUT_OF_TIME = "the run's time was up"


class Deadline:
    """When all collecting has to be over; shared by threads."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._called_off = threading.Event()

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return 0.0 if self._called_off.is_set() else max(0.0, self._at - time.monotonic())

    def call_off(self) -> None:
        """End the run now, whoever is waiting."""
        self._called_off.set()

    def sleep(self, seconds: float) -> bool:
        """Wait; tell whether the run goes on. What would outlast the run is not waited for."""
        if seconds >= self.remaining:
            return False
        return not self._called_off.wait(seconds)
