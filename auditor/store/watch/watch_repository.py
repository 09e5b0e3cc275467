"""The watch in the store: cursors of logs, events that wait, requested audits."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from auditor.domain.collections import USERS
from auditor.domain.okta import LogEvent
from auditor.domain.unleash import Event
from auditor.engine.watch.watched_target import WatchedEvent, WatchedTarget
from auditor.serialization import convert
from auditor.store.backends.database import upsert
from auditor.store.rows import Repository, chunks, lock_target
from auditor.store.tables import (
    CONFIGURATION_READ,
    TARGET,
    WATCH_CURSOR,
    WATCHED_EVENT,
    WATCHED_TARGET,
)
from auditor.store.watch.watch_rows import put_target


class WatchCursor(Struct, frozen=True, kw_only=True):
    """The position up to which the log of an org or an instance was polled."""

    at: datetime
    """When it was last polled."""

    position: dict[str, str]


class _Body(Struct, frozen=True, kw_only=True):
    okta: LogEvent | None = None
    unleash: Event | None = None


class WatchRepository(Repository):
    """Stores what the watch has seen. Each poll is one transaction."""

    @contextmanager
    def polling(self, origin: str) -> Iterator[bool]:
        """Hold the lease for polls of an org or an instance; yield whether it was free.

        A process that dies loses its lease.
        """
        with self.database.try_lock(f"watch-{origin}") as is_free:
            yield is_free

    def cursor(self, origin: str) -> WatchCursor | None:
        """Return the stored position in the log of an org or an instance; ``None``: there is none.

        A position that cannot be read counts as none.
        """
        query = select(WATCH_CURSOR).where(WATCH_CURSOR.c.origin == origin)
        with self.database.reading() as connection:
            row = connection.execute(query).mappings().first()
        try:
            return convert(dict(row), WatchCursor) if row else None
        except msgspec.ValidationError:
            return None

    def polled_at(self) -> dict[str, datetime]:
        """Return when the log of each org and each instance was last polled, by URL."""
        with self.database.reading() as connection:
            rows = connection.execute(select(WATCH_CURSOR.c.origin, WATCH_CURSOR.c.at)).all()
        return {row.origin: row.at for row in rows}

    def record_poll(
        self,
        origin: str,
        cursor: WatchCursor,
        events: Iterable[WatchedEvent] = (),
        full_audits: Mapping[str, str] | None = None,
    ) -> int:
        """Store the new position with its effects, and return the number of new events.

        An event that is stored already is not stored again. ``full_audits`` maps the targets that
        need a full audit to the reason.
        """
        row = {"at": cursor.at, "position": cursor.position}
        with self.database.writing() as connection:
            new = sum(self._add(connection, each) for each in events)
            for target, reason in (full_audits or {}).items():
                wanted = {"full_requested_at": cursor.at, "full_reason": reason}
                put_target(connection, lock_target(connection, target)["id"], wanted)
            connection.execute(
                upsert(connection, WATCH_CURSOR)
                .values({"origin": origin, **row})
                .on_conflict_do_update(index_elements=("origin",), set_=row)
            )
        return new

    def targets(self, names: Collection[str]) -> tuple[WatchedTarget, ...]:
        """Return these targets with their waiting events, by name."""
        with self.database.reading() as connection:
            states = {
                row["name"]: row
                for some in chunks(names)
                for row in connection.execute(
                    select(WATCHED_TARGET, TARGET.c.name)
                    .select_from(TARGET)
                    # A target that the watch has never audited has no row.
                    .outerjoin(WATCHED_TARGET, WATCHED_TARGET.c.target_id == TARGET.c.id)
                    .where(TARGET.c.name.in_(some))
                ).mappings()
            }
            events: dict[str, list[WatchedEvent]] = {}
            waiting = (
                select(WATCHED_EVENT, TARGET.c.name)
                .join(TARGET, TARGET.c.id == WATCHED_EVENT.c.target_id)
                .where(WATCHED_EVENT.c.audited_at.is_(None))
                .order_by(WATCHED_EVENT.c.published_at, WATCHED_EVENT.c.id)
            )
            # Other configurations can share the database.
            rows = (
                row
                for some in chunks(names)
                for row in connection.execute(waiting.where(TARGET.c.name.in_(some)))
            )
            for row in rows:
                body = convert(row.body or {}, _Body)
                events.setdefault(row.name, []).append(
                    WatchedEvent(
                        target=row.name,
                        id=row.id,
                        published_at=row.published_at,
                        seen_at=row.seen_at,
                        okta=body.okta,
                        unleash=body.unleash,
                    )
                )
        return tuple(
            WatchedTarget(
                target=name,
                events=tuple(events.get(name, ())),
                targeted_at=row["targeted_at"],
                deferred_until=row["deferred_until"],
                full_requested_at=row["full_requested_at"],
                full_reason=row["full_reason"] or "",
                full_started_at=row["full_started_at"],
            )
            for name, row in sorted(states.items())
        )

    def admin_ids(self, target: str) -> frozenset[str]:
        """Return the ids of the direct admins in Unleash, as the last full audit read them."""
        query = (
            select(CONFIGURATION_READ.c.paths)
            .join(TARGET, TARGET.c.id == CONFIGURATION_READ.c.target_id)
            .where(TARGET.c.name == target, CONFIGURATION_READ.c.collection == USERS.name)
        )
        with self.database.reading() as connection:
            paths = connection.execute(query).scalar() or {}
        # The paths of this collection are `admin[ID]` (engine/changes/configuration_paths.py).
        return frozenset(each.removeprefix("admin[").removesuffix("]") for each in paths)

    def defer(self, target: str, until: datetime) -> None:
        """Store that no targeted audit of a target is tried before ``until``."""
        self._put(target, deferred_until=until)

    def begin_full(self, target: str, at: datetime) -> None:
        """Store that the watch starts a full audit of a target."""
        self._put(target, full_started_at=at)

    def _put(self, target: str, **row: datetime | str) -> None:
        with self.database.writing() as connection:
            put_target(connection, lock_target(connection, target)["id"], row)

    @staticmethod
    def _add(connection: Connection, event: WatchedEvent) -> bool:
        row = {
            "target_id": lock_target(connection, event.target)["id"],
            "id": event.id,
            "published_at": event.published_at,
            "seen_at": event.seen_at,
            "body": msgspec.to_builtins(_Body(okta=event.okta, unleash=event.unleash)),
        }
        new = upsert(connection, WATCHED_EVENT).values(row)
        known = new.on_conflict_do_nothing(index_elements=("target_id", "id"))
        # The row count of such an insert is unknown on PostgreSQL, so the statement returns the id.
        return connection.execute(known.returning(WATCHED_EVENT.c.id)).first() is not None
