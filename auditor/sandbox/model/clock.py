"""The clock of the simulation."""

import time
from datetime import datetime, timedelta

TICK = timedelta(milliseconds=1)


class Clock:
    """Runs from a given time, or stands still there. It can be set.

    Each event takes a tick, so no two events have the same time, and `now` is later than all
    events.
    """

    def __init__(self, at: datetime, *, runs: bool) -> None:
        self._at = at
        self._started = time.monotonic() if runs else None
        self._latest: datetime | None = None

    @property
    def now(self) -> datetime:
        """Aware UTC, whole milliseconds."""
        now = self._at
        if self._started is not None:
            now += timedelta(seconds=time.monotonic() - self._started)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return max(now, self._latest) if self._latest else now

    def tick(self) -> datetime:
        """Return the time of something that happens now."""
        at = self.now
        self._latest = at + TICK
        return at

    def travel(self, to: datetime) -> None:
        """Set the clock to an earlier or later time."""
        self._at = to
        self._latest = None
        if self._started is not None:
            self._started = time.monotonic()
