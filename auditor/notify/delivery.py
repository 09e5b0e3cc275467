"""Delivery: from the outbox to the channels, in order, each notification once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from msgspec import Struct

from auditor.engine.incidents.notification import HeldItem, Notification, OutboxItem
from auditor.errors import AuditorError
from auditor.notify.channel import (
    Channel,
    DeliveryFailed,
    FailureKind,
    OutboxPart,
    Receipt,
    ThreadBatch,
)
from auditor.serialization import convert
from auditor.text import count, format_time

NOTIFICATIONS_PER_BATCH = 50
"""Notifications that a process claims at once. A larger number needs fewer transactions. A smaller
one leaves more to other processes, and holds fewer payloads in memory."""

_RETRY_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
"""Waits after the first failures; the last one repeats."""


class Outbox(Protocol):
    """The part of a store that hands out notifications and keeps the result of each attempt."""

    def claim(self, limit: int, *, at: datetime) -> tuple[OutboxItem, ...]:
        """Claim due items, so that no other process does."""

    def delivered(self, item: OutboxItem, receipt: Receipt, *, at: datetime) -> None:
        """Store that the channel accepted an item."""

    def retry(
        self, item: OutboxItem, error: str, *, at: datetime, retry_at: datetime, uncertain: bool
    ) -> None:
        """Store that an item was not delivered, and when it is due again."""

    def fail(self, item: OutboxItem, error: str, *, at: datetime) -> None:
        """Store that an item will not be delivered."""

    def held(self, *, targets: Collection[str] | None) -> Sequence[HeldItem]:
        """Return the items that wait, with the reason of each."""


class Delivered(Struct, frozen=True, kw_only=True):
    """The result of a delivery, in notifications."""

    delivered: int = 0
    waiting: int = 0
    """Kept for another attempt: failed now, or failed earlier and not due yet."""

    failed: int = 0
    """Refused permanently; the rows stay in the outbox."""

    errors: tuple[str, ...] = ()
    """The reasons, each once."""

    @property
    def complete(self) -> bool:
        """Return whether no notification waits and none failed."""
        return not (self.waiting or self.failed)


def deliver_due(
    outbox: Outbox,
    open_channel: Callable[[str], Channel],
    now: Callable[[], datetime],
    *,
    of: Collection[str] | None = None,
) -> Delivered:
    """Deliver every due item of ``outbox``. Failures are stored and counted, never raised.

    Items that are not due yet are counted, too: those of the targets ``of``, or of all targets of
    this delivery. ``open_channel`` returns a channel by name and may raise an
    :class:`~auditor.errors.AuditorError`. A failure that needs a fix holds back only the messages
    of the same destination.
    """
    counts = Counter[str]()
    errors: dict[str, None] = {}
    unusable: dict[str, DeliveryFailed] = {}
    tried: set[int] = set()
    while items := outbox.claim(NOTIFICATIONS_PER_BATCH, at=now()):
        tried.update(item.id for item in items)
        for name, batch in _batches(items):
            try:
                if name in unusable:
                    # The channel refused a message in a way that concerns all of them, so no other
                    # one is tried.
                    raise unusable[name]
                receipt = _send(open_channel, name, batch)
            except DeliveryFailed as failure:
                errors[str(failure)] = None
                counts[_keep(outbox, batch, failure, now())] += len(batch)
                if failure.kind is FailureKind.NEEDS_FIX and not failure.destination:
                    unusable[name] = failure
            else:
                for item in batch:
                    outbox.delivered(item, receipt, at=now())
                counts["delivered"] += len(batch)
    # Items that failed in this delivery are counted already.
    held = [each for each in outbox.held(targets=of) if each.id not in tried]
    counts["waiting"] += len(held)
    return Delivered(**counts, errors=(*errors, *_reasons_of(held, known=errors)))


def _reasons_of(held: Iterable[HeldItem], *, known: Collection[str]) -> Iterator[str]:
    """Yield each reason that is not known, with the number of messages and the next attempt."""
    until: defaultdict[str, list[datetime | None]] = defaultdict(list)
    for each in held:
        until[each.error].append(each.retry_at)
    for reason, ends in until.items():
        if reason not in known:
            messages = count(len(ends), "message")
            again = min(filter(None, ends), default=None)
            when = f"after {format_time(again)}" if again else "in the next audit"
            yield f"{reason}; {messages} waiting, next attempt {when}"


def _batches(items: Iterable[OutboxItem]) -> Iterator[tuple[str, list[OutboxItem]]]:
    """Group items by thread; yield the name of the channel and the group."""
    batches: dict[tuple[str, ...], list[OutboxItem]] = {}
    for item in items:
        # The payload of another version can lack the field. It is read as a whole later, with its
        # error.
        thread = item.payload.get("thread", item.key)
        batches.setdefault((item.channel, item.target, thread), []).append(item)
    for (name, *_), batch in batches.items():
        yield name, batch


def _send(
    open_channel: Callable[[str], Channel], name: str, batch: Iterable[OutboxItem]
) -> Receipt:
    try:
        parts = tuple(_part(item) for item in batch)
    except msgspec.ValidationError as error:
        msg = f"{name}: a notification of another version of the auditor cannot be read (upgrade)"
        raise DeliveryFailed(msg, FailureKind.PERMANENT) from error
    try:
        return open_channel(name).send(ThreadBatch(parts=parts))
    except DeliveryFailed:
        raise
    except AuditorError as error:
        raise DeliveryFailed(str(error), FailureKind.NEEDS_FIX) from error
    except Exception as error:  # an unexpected answer must not end the audit
        msg = (
            f"{name}: the delivery failed with an internal error: {type(error).__name__} "
            "(report it; the next run retries the delivery)"
        )
        # Uncertain, because the error can have come after the post.
        raise DeliveryFailed(msg, FailureKind.TEMPORARY, uncertain=True) from error


def _part(item: OutboxItem) -> OutboxPart:
    return OutboxPart(
        id=item.id,
        key=f"{item.target}/{item.key}",
        created_at=item.created_at,
        uncertain=item.uncertain,
        notification=convert(item.payload, Notification),
    )


def _keep(
    outbox: Outbox, batch: Iterable[OutboxItem], failure: DeliveryFailed, at: datetime
) -> str:
    if failure.kind is FailureKind.PERMANENT:
        for item in batch:
            outbox.fail(item, str(failure), at=at)
        return "failed"
    for item in batch:
        backoff = _RETRY_WAITS[min(item.attempts, len(_RETRY_WAITS)) - 1]
        wait = (
            # A person fixes the fault, at any time, so the wait does not grow.
            _RETRY_WAITS[0]
            if failure.kind is FailureKind.NEEDS_FIX
            else max(backoff, failure.retry_after or backoff)
        )
        outbox.retry(item, str(failure), at=at, retry_at=at + wait, uncertain=failure.uncertain)
    return "waiting"
