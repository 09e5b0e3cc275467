"""Okta's rate-limit buckets: requests per window, reported in three headers."""

import time

from auditor.sandbox.worlds.world import World

GENEROUS = 10_000


class RateLimits:
    """Counts requests per bucket in windows of real time: one minute, if not set otherwise."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._used: dict[tuple[str, int], int] = {}

    def spend(self, bucket: str) -> tuple[bool, tuple[tuple[str, str], ...]]:
        """Take one request from a bucket: whether it was there, and the headers to send."""
        limit = self._world.rate_limits.get(bucket, GENEROUS)
        seconds = self._world.rate_limit_seconds
        window = int(time.time()) // seconds
        used = self._used.get((bucket, window), 0) + 1
        self._used[bucket, window] = used
        headers = (
            ("X-Rate-Limit-Limit", str(limit)),
            ("X-Rate-Limit-Remaining", str(max(0, limit - used))),
            ("X-Rate-Limit-Reset", str((window + 1) * seconds)),
        )
        return used <= limit, headers
