"""Okta's rate-limit buckets: requests per minute, reported in three headers."""

import time
from collections.abc import Mapping

MINUTE = 60
GENEROUS = 10_000


class RateLimits:
    """Counts requests per bucket in windows of one real minute."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._used: dict[tuple[str, int], int] = {}

    def spend(self, bucket: str) -> tuple[bool, tuple[tuple[str, str], ...]]:
        """Take one request from a bucket: whether it was there, and the headers to send."""
        limit = self._limits.get(bucket, GENEROUS)
        window = int(time.time()) // MINUTE
        used = self._used.get((bucket, window), 0) + 1
        self._used[bucket, window] = used
        headers = (
            ("X-Rate-Limit-Limit", str(limit)),
            ("X-Rate-Limit-Remaining", str(max(0, limit - used))),
            ("X-Rate-Limit-Reset", str((window + 1) * MINUTE)),
        )
        return used <= limit, headers
