"""What a channel is, what it is given to tell, and how telling can fail."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from auditor.engine.incidents.notification import Notification, Thread
from auditor.errors import DeliveryError

Receipt = dict[str, str]
"""What a channel answered, to be kept."""


class OutboxPart(Struct, frozen=True, kw_only=True):
    """One announcement from the outbox."""

    id: int
    """Rises with time."""

    key: str
    created_at: datetime
    uncertain: bool
    """It may have been told already."""

    notification: Notification


class ThreadBatch(Struct, frozen=True, kw_only=True):
    """What is to be told in one message and its thread, oldest part first."""

    parts: tuple[OutboxPart, ...]

    @property
    def latest(self) -> OutboxPart:
        """The part that knows how things stand."""
        return self.parts[-1]


class Channel(Protocol):
    """A way to tell people."""

    def send(self, letter: ThreadBatch) -> Receipt:
        """Tell it all; raise :class:`Untold` if that did not come about."""


class Threads(Protocol):
    """Where our messages are, as a store remembers it."""

    def threads(self, target: str, key: str) -> tuple[Thread, ...]:
        """Return a thread in each channel that has it."""

    def keep_thread(self, thread: Thread) -> None:
        """Write a thread, new or known, as it now is."""


ReportUrl = Callable[[Notification], str | None]
"""Return the address of the report that belongs to a notification; ``None``: there is none."""

Attachment = Callable[[Notification], tuple[str, bytes] | None]
"""Gives the name and the content of the report that belongs to an announcement."""


class FailureKind(StrEnum):
    """What is to become of something that could not be told."""

    TEMPORARY = "temporary"
    """The channel is in trouble and will recover by itself."""

    NEEDS_FIX = "needs_fix"
    """Somebody has to mend the configuration or the channel; nothing else gets through."""

    PERMANENT = "permanent"
    """The channel will not take this, whatever is done."""


class DeliveryFailed(DeliveryError):  # noqa: N818  (it reads as what happened)
    """Something could not be told; the message says why and what can be done."""

    def __init__(
        self,
        message: str,
        fate: FailureKind,
        *,
        uncertain: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = fate
        self.uncertain = uncertain
        """It may have been told: the answer was lost."""

        self.retry_after = wait
        """How long the channel asks to be left alone."""
