"""The interface of a channel: the notifications that it delivers, and the errors."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from auditor.engine.incidents.notification import Notification, Thread
from auditor.errors import DeliveryError

Receipt = dict[str, str]
"""The answer of a channel, which is stored with the notification."""


class OutboxPart(Struct, frozen=True, kw_only=True):
    """One notification from the outbox."""

    id: int
    """A later notification has a higher id."""

    key: str
    created_at: datetime
    uncertain: bool
    """An earlier attempt ended without an answer: it may have been delivered."""

    notification: Notification


class ThreadBatch(Struct, frozen=True, kw_only=True):
    """The notifications of one thread, oldest first; they are delivered together."""

    parts: tuple[OutboxPart, ...]

    @property
    def latest(self) -> OutboxPart:
        """The part with the present state."""
        return self.parts[-1]


class Channel(Protocol):
    """Delivers notifications."""

    def send(self, batch: ThreadBatch) -> Receipt:
        """Deliver all parts; raise :class:`DeliveryFailed` otherwise."""


class Threads(Protocol):
    """The part of a store that keeps where messages were posted."""

    def threads(self, target: str, key: str) -> tuple[Thread, ...]:
        """Return the thread of ``key`` in each channel that has one."""

    def keep_thread(self, thread: Thread) -> None:
        """Write a thread, new or known."""

    def channel_id(self, channel: str) -> str | None:
        """Return the id that an answer gave for a channel of the configuration, if any did."""


ReportUrl = Callable[[Notification], str | None]
"""Return the address of the report that belongs to a notification, or ``None``."""

Attachment = Callable[[Notification], tuple[str, bytes] | None]
"""Return the file name and the content of the report that belongs to a notification."""


class FailureKind(StrEnum):
    """What happens next to a notification that was not delivered."""

    TEMPORARY = "temporary"
    """The next attempt may succeed without any action."""

    NEEDS_FIX = "needs_fix"
    """The configuration or the channel needs a fix; the notification waits."""

    PERMANENT = "permanent"
    """The channel refuses this content; no attempt can succeed."""


class DeliveryFailed(DeliveryError):  # noqa: N818  (the name states what happened)
    """A notification was not delivered; the message states the reason and the fix."""

    def __init__(
        self,
        message: str,
        kind: FailureKind,
        *,
        uncertain: bool = False,
        retry_after: timedelta | None = None,
        destination: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.uncertain = uncertain
        """The answer was lost: it may have been delivered."""

        self.retry_after = retry_after
        """The wait that the channel asks for."""

        self.destination = destination
        """The only Slack channel that the failure concerns; empty: all of them."""
