"""The auditor's share of each rate limit."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass

import httpx

from auditor.collect.http.error_response import (
    MAX_WINDOW_SECONDS,
    seconds_to_reset,
    whole_number,
)
from auditor.collect.http.limits import Limits
from auditor.domain.snapshot import RateLimit


@dataclass(slots=True)
class _Window:
    """One rate limit, as the last answer reported it."""

    ends_at: float = 0
    """On the clock of :func:`time.monotonic`; 0: no answer has reported it."""

    spent: int = 0
    """Requests of the auditor since the window began."""

    allowance: int | None = None
    is_empty: bool = False

    @property
    def is_spent(self) -> bool:
        """Whether the auditor has used its share."""
        ours = self.allowance is not None and self.spent >= self.allowance
        return self.is_empty or ours


class RateLimitBudget:
    """Leaves a share of each rate limit to other clients, by the ``X-Rate-Limit-*`` headers.

    Without usable headers, no request is delayed.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._windows: defaultdict[str, _Window] = defaultdict(_Window)
        self._lock = threading.Lock()

    def spend(self, bucket: str) -> float:
        """Count one request and return 0, or return the seconds to wait before it may be sent."""
        with self._lock:
            window = self._windows[bucket]
            left = window.ends_at - time.monotonic()
            # The window is over. Nothing is known about the next one before its first answer.
            if window.ends_at and left <= 0:
                window = self._windows[bucket] = _Window()
            elif window.is_spent:
                return left
            window.spent += 1
            return 0

    def learn(self, bucket: str, headers: httpx.Headers) -> RateLimit | None:
        """Store and return the rate limit that an answer reports; ``None``: it reports none."""
        limit = whole_number(headers.get("x-rate-limit-limit", ""))
        remaining = whole_number(headers.get("x-rate-limit-remaining", ""))
        seconds = seconds_to_reset(headers)
        # A limit of 0 is Okta's concurrency limit, which has no window.
        if not limit or remaining is None:
            return None
        if seconds is None or not 0 < seconds <= MAX_WINDOW_SECONDS:
            return None
        with self._lock:
            window = self._windows[bucket]
            window.ends_at = time.monotonic() + seconds
            # At least one request: rounded, the share of a small bucket can be 0.
            window.allowance = max(1, round(limit * (1 - self._limits.leave)))
            # Other clients can use up a bucket before the auditor has used its share.
            window.is_empty = remaining == 0
        return RateLimit(bucket=bucket, limit=limit, remaining=remaining)


_BUDGETS: dict[tuple[str, float], RateLimitBudget] = {}
_BUDGETS_LOCK = threading.Lock()


def budget_of(origin: str, limits: Limits) -> RateLimitBudget:
    """Return the one budget that all clients of an origin with the same share use in this process.

    Okta counts requests by org. Two audits of one org at the same time would otherwise each take
    the auditor's whole share of a bucket.
    """
    with _BUDGETS_LOCK:
        # Also by share: the watch leaves more of each bucket than an audit does.
        return _BUDGETS.setdefault((origin.casefold(), limits.leave), RateLimitBudget(limits))
