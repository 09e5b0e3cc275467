"""Events of an org that name no app, read once for all targets of a batch."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from auditor.domain.okta import LogEvent

ReadPart = Callable[[datetime, datetime], Iterable[LogEvent]]
"""Reads the events between two times. Raises CollectError."""

OVERLAP: Final = timedelta(minutes=30)
"""How much of the previous part is read again, because Okta can add an event late."""


class OrgLog:
    """What a batch has read of one org. Safe to share between threads.

    Later targets read only what has happened since the first one. A failed read is not kept: the
    next target tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._events: dict[str, LogEvent] = {}

    def read(self, since: datetime, until: datetime, read_part: ReadPart) -> tuple[LogEvent, ...]:
        """Return the events between two times, in any order. Raises CollectError."""
        # The lock is held during the read: other targets wait instead of reading the same events.
        with self._lock:
            # An earlier beginning is needed. All is read again, because two parts could leave a gap
            # between them.
            if self._until is None or self._since is None or since < self._since:
                self._events = {each.id: each for each in read_part(since, until)}
                self._since, self._until = since, until
            else:
                begin = max(since, self._until - OVERLAP)
                self._events.update((each.id, each) for each in read_part(begin, until))
                self._until = max(self._until, until)
            return tuple(
                each for each in self._events.values() if since <= each.published_at <= until
            )


class OrgLogs:
    """One :class:`OrgLog` for each org of a batch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logs: dict[str, OrgLog] = {}

    def of(self, org_url: str) -> OrgLog:
        """Return the log that all targets of an org share."""
        with self._lock:
            return self._logs.setdefault(org_url, OrgLog())
