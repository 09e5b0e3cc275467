"""What is to be told, until it was told: claimed by one, lost by none."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Backlog, HeldItem, Notification, OutboxItem
from auditor.store.backends.database import upsert
from auditor.store.incident_state import keep_notified_state
from auditor.store.rows import Repository, locked_target, read
from auditor.store.tables import OUTBOX, TARGET

CLAIM_TIMEOUT = timedelta(minutes=5)
"""How long a claim lasts when its holder dies."""

MAX_CLOCK_SKEW = timedelta(minutes=2)
"""By so much may somebody else's time be ahead: other clocks, and a claim that waited its turn."""

WAITING = and_(OUTBOX.c.delivered_at.is_(None), OUTBOX.c.failed_at.is_(None))


class OutboxRepository(Repository):
    """Hands out what is due; each method is one transaction."""

    def claim(
        self,
        limit: int,
        *,
        at: datetime,
        target: str | None = None,
        hold: timedelta = CLAIM_TIMEOUT,
    ) -> tuple[OutboxItem, ...]:
        """Take up to ``limit`` items that are due, oldest first, so that nobody else does.

        Each must be answered by :meth:`delivered`, :meth:`retry` or :meth:`fail` before
        ``hold`` is over; whoever dies over one leaves it in doubt.
        """
        due = (
            select(OUTBOX.c.id)
            .where(WAITING, _is_over("claimed_at", "claimed_until", at))
            .where(_is_over("attempt_failed_at", "retry_at", at))
            .order_by(OUTBOX.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        if target is not None:
            due = due.where(
                OUTBOX.c.target_id.in_(select(TARGET.c.id).where(TARGET.c.name == target))
            )
        with self.database.writing() as connection:
            ids = connection.execute(due).scalars().all()
            connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.id.in_(ids))
                .values(
                    attempts=OUTBOX.c.attempts + 1,
                    uncertain=or_(OUTBOX.c.uncertain, OUTBOX.c.claimed_until.is_not(None)),
                    claimed_at=at,
                    claimed_until=at + hold,
                )
            )
            query = select(OUTBOX, TARGET.c.name.label("target")).join(TARGET)
            taken = query.where(OUTBOX.c.id.in_(ids)).order_by(OUTBOX.c.id)
            return tuple(read(row, OutboxItem) for row in connection.execute(taken).mappings())

    def delivered(
        self,
        item: OutboxItem,
        receipt: Struct | dict[str, str],
        *,
        at: datetime,
    ) -> None:
        """Say that it was told, with what the channel answered."""
        with self.database.writing() as connection:
            _answer(connection, item, delivered_at=at, receipt=receipt, error=None)

    def retry(
        self,
        item: OutboxItem,
        error: str,
        *,
        at: datetime,
        retry_at: datetime,
        uncertain: bool = False,
    ) -> None:
        """Say that it was not told now; ``in_doubt``: it may have been, the answer was lost."""
        with self.database.writing() as connection:
            _answer(
                connection,
                item,
                attempt_failed_at=at,
                retry_at=retry_at,
                error=error,
                uncertain=item.uncertain or uncertain,
            )

    def fail(self, item: OutboxItem, error: str, *, at: datetime) -> None:
        """Say that it will never be told; the row stays, for people to see."""
        with self.database.writing() as connection:
            _answer(connection, item, failed_at=at, error=error)

    def held(self, *, at: datetime, targets: Collection[str] | None = None) -> tuple[HeldItem, ...]:
        """Return what failed and nobody is just trying again, due or not, oldest first.

        Of ``targets`` alone, if they are named. What was never tried is on its way, and not here.
        """
        query = (
            select(OUTBOX.c.id, OUTBOX.c.error, OUTBOX.c.retry_at)
            .join(TARGET)
            .where(WAITING, OUTBOX.c.attempt_failed_at.is_not(None))
            .where(_is_over("claimed_at", "claimed_until", at))
            .order_by(OUTBOX.c.id)
        )
        if targets is not None:
            query = query.where(TARGET.c.name.in_(targets))
        with self.database.reading() as connection:
            return tuple(read(row, HeldItem) for row in connection.execute(query).mappings())

    def is_delivered(self, target: str, key: str, channels: Collection[str]) -> bool:
        """Tell whether the message of ``key`` was told on each of ``channels``."""
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
        """Put something into the outbox that no run has to tell; a key that is there stays.

        ``spoken`` is what the next run must know of it.
        """
        channels = tuple(channels)
        with self.database.writing() as connection:
            own = locked_target(connection, target)["id"]
            for row in messages(own, notifications, channels, at):
                connection.execute(upsert(connection, OUTBOX).values(row).on_conflict_do_nothing())
            keep_notified_state(connection, own, notified_state)

    def backlog(self) -> Backlog:
        """Count what is not told."""
        oldest = func.min(OUTBOX.c.created_at).filter(WAITING)
        query = select(
            func.count().filter(WAITING).label("waiting"),
            func.count().filter(WAITING, OUTBOX.c.uncertain).label("uncertain"),
            func.count().filter(OUTBOX.c.failed_at.is_not(None)).label("failed"),
            oldest.label("oldest_at"),
        )
        with self.database.reading() as connection:
            return read(connection.execute(query).mappings().one(), Backlog)


def messages(
    target: int, notifications: Iterable[Notification], channels: tuple[str, ...], at: datetime
) -> Iterator[dict[str, Any]]:
    """Make a row for each announcement on each channel."""
    for notification in notifications:
        for channel in channels:
            yield {
                "target_id": target,
                "channel": channel,
                "key": notification.key,
                "payload": notification,
                "created_at": at,
                "attempts": 0,
                "uncertain": False,
            }


def _answer(connection: Connection, item: OutboxItem, **values: object) -> None:
    free = {"claimed_at": None, "claimed_until": None}
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == item.id).values(free | values))


def _is_over(began: str, ends: str, at: datetime) -> ColumnElement[bool]:
    """Tell whether a span has ended, or began in what is now the future: the clock was put back."""
    put_back = OUTBOX.c[began] > at + MAX_CLOCK_SKEW
    return or_(OUTBOX.c[ends].is_(None), OUTBOX.c[ends] <= at, put_back)
