"""Limits of a collection: time, memory, the share of a rate limit. Pure.

All of them together keep a process below 300 MiB, for any answer of the two services.
"""

import threading
import time

from msgspec import Struct

MIB = 1024 * 1024
MAX_SMALL_ANSWER_BYTES = 8 * MIB
MAX_PAGE_BYTES = 32 * MIB
MAX_WHOLE_LIST_BYTES = 128 * MIB
"""Largest body of a list without pages. Unleash's user list has about 500 bytes per user, so
200,000 users fit."""

MAX_COMPRESSION_RATIO = 100
"""Bytes of a decompressed body for each byte received. Lists of users stay below 40."""

MAX_BYTES_OF_ANY_RATIO = 4 * MIB
"""A body up to this size may have any ratio."""

MAX_OBJECTS = 1_000_000
"""Largest number of JSON objects in one body, counted by opening braces. Each needs about 200 bytes
of memory."""

MAX_VALUES = 5_000_000
"""Largest number of JSON values in one body, counted by commas. 200,000 users have 3,000,000."""

MAX_ROWS = 1_000_000
"""Largest number of rows of one list, over all pages."""

MAX_EMPTY_PAGES = 10
"""Pages without a row, one after another, after which a list counts as endless."""

MAX_TEXT = 4096
"""Characters of a free text that are kept: a reason, a label, a name."""


class Limits(Struct, frozen=True, kw_only=True):
    """Times are in seconds."""

    audit: float = 900
    """Limit for reading a whole target, with all waits."""

    request: float = 180
    """Limit for one answer, from its first to its last byte."""

    silence: float = 30
    """The longest wait for the next byte."""

    attempts: int = 4
    """Number of attempts of one request."""

    backoff: float = 0.5
    """The first pause after a failure. It doubles each time, with jitter."""

    patience: float = 75
    """The longest pause that an answer may request. Okta's windows last a minute."""

    leave: float = 0.5
    """The share of each rate-limit bucket of Okta that is left to other clients."""

    waits_for_share: bool = True
    """Whether a request waits when the auditor's share of a bucket is spent. Otherwise it fails."""

    connections: int = 8
    """Requests at a time to each side."""

    pages: int = 2_000
    """Pages of one list. 2,000 pages of 500 assignments are a million."""


TARGETED_LIMITS = Limits(audit=60, request=30, leave=0.9, waits_for_share=False)
"""Limits of targeted audits and polls, which use a tenth of each bucket of Okta."""


OUT_OF_TIME = "the time of the audit was up"


class Deadline:
    """The time at which all reads end. Several threads use one object."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._called_off = threading.Event()

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return 0.0 if self._called_off.is_set() else max(0.0, self._at - time.monotonic())

    def call_off(self) -> None:
        """End all reads and all waits now."""
        self._called_off.set()

    def sleep(self, seconds: float) -> bool:
        """Wait and return whether time is left. A wait beyond the deadline returns at once."""
        if seconds >= self.remaining:
            return False
        return not self._called_off.wait(seconds)
