"""Notifications that wait for delivery. Each is claimed by one process at a time.

Delivery is at least once. An item whose delivery cannot be confirmed is claimed again and marked
uncertain; its key stays the same, so that a channel can recognize a duplicate.

A claim ends with its owner. Each delivery has a claim token and holds a database lock of that name.
When the process dies, the lock is released, and the next delivery takes over its items at once.
"""

import os
import socket
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select, update

from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Backlog, HeldItem, Notification, OutboxItem
from auditor.store.backends.database import Database, upsert
from auditor.store.incidents.incident_state import write_notified_state
from auditor.store.rows import Repository, lock_target, read
from auditor.store.tables import OUTBOX, TARGET

MAX_CLOCK_DIFFERENCE = timedelta(minutes=2)
"""A stored time that is later than this from now was written before the clock was set back."""

IS_WAITING = and_(OUTBOX.c.delivered_at.is_(None), OUTBOX.c.failed_at.is_(None))


class OutboxRepository(Repository):
    """Stores notifications and begins deliveries.

    Every method is one transaction: it is applied as a whole or not at all, and raises
    :class:`~auditor.errors.StoreError` when the database cannot be used. The items of an audit are
    written in the transaction of the audit itself, by ``Audits.record``.

    The state of an item is: waiting, claimed (waiting, with a claim token), delivered or failed.
    Delivered and failed are final.
    """

    @contextmanager
    def delivery(
        self, targets: Collection[str], channels: Collection[str]
    ) -> Iterator["OutboxDelivery"]:
        """Begin a delivery of the items of these targets on these channels.

        Both are the names that the configuration contains. Items of other targets or channels
        belong to another configuration that shares the database, so they are never claimed.
        """
        token = f"{_process()}/{uuid4().hex}"
        with self.database.single_use_lock(_lock_name(token)):
            yield OutboxDelivery(self.database, token, targets, channels)

    def is_delivered(self, target: str, key: str, channels: Collection[str]) -> bool:
        """Return whether the notification ``key`` was delivered to each of ``channels``."""
        query = (
            select(func.count())
            .select_from(OUTBOX)
            .join(TARGET)
            .where(TARGET.c.name == target, OUTBOX.c.key == key)
            .where(OUTBOX.c.channel.in_(channels), OUTBOX.c.delivered_at.is_not(None))
        )
        with self.database.reading() as connection:
            return connection.execute(query).scalar_one() == len(channels)

    def enqueue(
        self,
        target: str,
        notifications: Iterable[Notification],
        channels: Iterable[str],
        *,
        at: datetime,
        notified_state: NotifiedState | None = None,
    ) -> None:
        """Store notifications that no audit produced, and the state that follows from them.

        Idempotent for each target, channel and key: an item that exists stays as it is, delivered
        or not. ``notified_state`` is written in the same transaction; ``None`` leaves it unchanged.
        """
        channels = tuple(channels)
        with self.database.writing() as connection:
            target_id = lock_target(connection, target)["id"]
            enqueue_rows(connection, target_id, notifications, channels, at)
            write_notified_state(connection, target_id, notified_state)

    def backlog(self) -> Backlog:
        """Count the items that are not delivered, over all targets and channels."""
        query = select(
            func.count().filter(IS_WAITING).label("waiting"),
            func.count().filter(IS_WAITING, OUTBOX.c.uncertain).label("uncertain"),
            func.count().filter(OUTBOX.c.failed_at.is_not(None)).label("failed"),
            func.min(OUTBOX.c.created_at).filter(IS_WAITING).label("oldest_at"),
        )
        with self.database.reading() as connection:
            return read(connection.execute(query).mappings().one(), Backlog)


class OutboxDelivery:
    """One delivery: claims due items and stores the result of each attempt.

    A result is stored only while the item has the claim token of this delivery. A late result of a
    process that lost its claim changes nothing.
    """

    def __init__(
        self, database: Database, token: str, targets: Collection[str], channels: Collection[str]
    ) -> None:
        self._database = database
        self._token = token
        self._targets = tuple(targets)
        self._channels = tuple(channels)

    def claim(self, limit: int, *, at: datetime) -> tuple[OutboxItem, ...]:
        """Claim up to ``limit`` due items, oldest first.

        Two deliveries never claim the same item at the same time. PostgreSQL skips the rows that
        another transaction has locked; SQLite runs one writing transaction after the other. The
        claim is committed before the method returns. An item that a dead process had claimed is
        marked uncertain, because that process may have delivered it.

        Finish each item with :meth:`delivered`, :meth:`retry` or :meth:`fail`. Not idempotent: each
        call claims further items and counts one more attempt of each.
        """
        # This comes before the transaction: on PostgreSQL, each tried lock needs connections of its
        # own.
        is_free = or_(OUTBOX.c.claimed_by.is_(None), OUTBOX.c.claimed_by.in_(self._ended_claims()))
        due = (
            select(OUTBOX.c.id)
            .where(IS_WAITING, is_free, _is_over("attempt_failed_at", "retry_at", at))
            .where(_belongs_to(self._targets), OUTBOX.c.channel.in_(self._channels))
            .order_by(OUTBOX.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            ids = connection.execute(due).scalars().all()
            if not ids:
                return ()
            connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.id.in_(ids))
                .values(
                    attempts=OUTBOX.c.attempts + 1,
                    # A result clears the claim, so a claim that remains has no result.
                    uncertain=or_(OUTBOX.c.uncertain, OUTBOX.c.claimed_by.is_not(None)),
                    claimed_by=self._token,
                )
            )
            items = select(OUTBOX, TARGET.c.name.label("target")).join(TARGET)
            claimed = items.where(OUTBOX.c.id.in_(ids)).order_by(OUTBOX.c.id)
            return tuple(read(row, OutboxItem) for row in connection.execute(claimed).mappings())

    def delivered(self, item: OutboxItem, receipt: dict[str, str], *, at: datetime) -> None:
        """Store that the channel accepted ``item``, with the answer as ``receipt``.

        The item is never claimed again.
        """
        self._answer(item, delivered_at=at, receipt=receipt, error=None)

    def retry(
        self,
        item: OutboxItem,
        error: str,
        *,
        at: datetime,
        retry_at: datetime,
        uncertain: bool = False,
    ) -> None:
        """Store that ``item`` was not delivered, and make it due again at ``retry_at``.

        ``uncertain``: the request was sent and its answer was lost, so the item may have been
        delivered. An item that was uncertain before stays uncertain. ``error`` is shown to
        operators and must contain no response body.
        """
        self._answer(
            item,
            attempt_failed_at=at,
            retry_at=retry_at,
            error=error,
            uncertain=item.uncertain or uncertain,
        )

    def fail(self, item: OutboxItem, error: str, *, at: datetime) -> None:
        """Store that ``item`` will not be delivered. The row stays, for operators."""
        self._answer(item, failed_at=at, error=error)

    def held(self, *, targets: Collection[str] | None = None) -> tuple[HeldItem, ...]:
        """Return all items that wait, claimed or not, due or not, oldest first.

        ``targets``: only of these; ``None``: of all targets of this delivery. An item of a channel
        that the configuration does not contain is included, and its error states that. An item that
        another thread of this process delivers is not: that thread reports its result.
        """
        # `_` in the name of a host stands for any character in LIKE.
        own_process = OUTBOX.c.claimed_by.startswith(f"{_process()}/", autoescape=True)
        query = (
            select(
                *(OUTBOX.c[name] for name in ("id", "channel", "claimed_by", "error", "retry_at"))
            )
            .where(IS_WAITING, _belongs_to(self._targets if targets is None else targets))
            # NULL is tested by itself: NOT LIKE is NULL for it, and so not true.
            .where(or_(OUTBOX.c.claimed_by.is_(None), ~own_process))
            .order_by(OUTBOX.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(read(row, HeldItem, error=self._reason(row)) for row in rows)

    def _reason(self, row: RowMapping) -> str:
        channel = row["channel"]
        if channel not in self._channels:
            return (
                f"{channel}: the configuration does not contain this channel"
                " (add the channel, or run the configuration that contains it)"
            )
        if row["claimed_by"] is not None:
            process, _, _ = str(row["claimed_by"]).partition("/")
            return f"{channel}: {process} is delivering it"
        return str(row["error"] or f"{channel}: not tried yet")

    def _ended_claims(self) -> tuple[str, ...]:
        """Return the claim tokens of dead processes that still have items."""
        query = select(OUTBOX.c.claimed_by).where(IS_WAITING, OUTBOX.c.claimed_by.is_not(None))
        with self._database.reading() as connection:
            tokens = connection.execute(query.distinct()).scalars().all()
        return tuple(each for each in tokens if each != self._token and self._has_ended(each))

    def _has_ended(self, token: str) -> bool:
        with self._database.single_use_lock(_lock_name(token)) as is_free:
            return is_free

    def _answer(self, item: OutboxItem, **values: object) -> None:
        own = OUTBOX.c.id == item.id, OUTBOX.c.claimed_by == self._token
        with self._database.writing() as connection:
            connection.execute(update(OUTBOX).where(*own).values(claimed_by=None, **values))


def enqueue_rows(
    connection: Connection,
    target_id: int,
    notifications: Iterable[Notification],
    channels: tuple[str, ...],
    at: datetime,
) -> None:
    """Store notifications. An item that exists stays as it is, delivered or not."""
    for row in outbox_rows(target_id, notifications, channels, at):
        connection.execute(upsert(connection, OUTBOX).values(row).on_conflict_do_nothing())


def outbox_rows(
    target_id: int,
    notifications: Iterable[Notification],
    channels: tuple[str, ...],
    at: datetime,
) -> Iterator[dict[str, Any]]:
    """Yield one row for each notification on each channel: channels deliver independently."""
    for notification in notifications:
        for channel in channels:
            yield {
                "target_id": target_id,
                "channel": channel,
                "key": notification.key,
                "payload": notification,
                "created_at": at,
                "attempts": 0,
                "uncertain": False,
            }


def _belongs_to(targets: Collection[str]) -> ColumnElement[bool]:
    return OUTBOX.c.target_id.in_(select(TARGET.c.id).where(TARGET.c.name.in_(targets)))


def _process() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


def _lock_name(token: str) -> str:
    return f"delivery-{token.rpartition('/')[2]}"


def _is_over(start: str, end: str, at: datetime) -> ColumnElement[bool]:
    """Build the condition that a span has ended or never began.

    A span that starts in the future was written before the clock was set back. It counts as ended.
    Otherwise it could block an item for as long as the clock was wrong.
    """
    starts_in_future = OUTBOX.c[start] > at + MAX_CLOCK_DIFFERENCE
    return or_(OUTBOX.c[end].is_(None), OUTBOX.c[end] <= at, starts_in_future)
