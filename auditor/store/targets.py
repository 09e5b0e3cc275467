"""Targets in the store: identity, name, the lease of an audit, and scheduled job slots."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, insert, select, update

from auditor.clock import Clock
from auditor.domain.collections import APP, INSTANCE, STATISTICS
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.errors import StoreError, nearest
from auditor.store.rows import Repository, find_target_id, lock_target
from auditor.store.tables import CHECKPOINT, CONFIGURATION_READ, JOB_SLOT, TARGET

IDENTITY_COLUMNS = ("org_url", "app_id", "unleash_url", "instance_id")


class Targets(Repository):
    """Identity, name, lease and job slots of each target."""

    @contextmanager
    def lease(self, target: str, timeout: timedelta = timedelta()) -> Iterator[None]:
        """Prevent other audits of ``target`` until the block ends.

        Raises :class:`~auditor.errors.StoreError` when another audit holds the lease for longer
        than ``timeout``. A process that dies loses its lease.
        """
        held = f'another audit of "{target}" is running'
        remedy = "wait for its end; `auditor run --lock-timeout` sets how long an audit waits"
        with self.database.lock(f"target-{target}", timeout, held=held, remedy=remedy):
            yield

    def identify(self, snapshot: Snapshot) -> bool:
        """Store the app and the instance of the target; raise when they are not the stored ones.

        Returns whether an adopted target has another app or instance than before: then it begins
        again with a baseline, and its configuration reads, checkpoints and rules are deleted.

        Unleash may move to another URL while its instance id stays the same. Nothing is stored when
        the app or the instance could not be read, because the URL may be wrong. Raises
        :class:`~auditor.errors.StoreError`, with each difference and the fix.
        """
        target, statistics = snapshot.target, snapshot.get(STATISTICS)
        now = {
            "org_url": target.org_url,
            "app_id": target.app_id,
            "unleash_url": target.unleash_url,
            "instance_id": statistics.instance_id if statistics else None,
        }
        was_read = APP.name in snapshot.read and INSTANCE.name in snapshot.read
        with self.database.writing() as connection:
            row = lock_target(connection, target.name)
            before = {name: row[name] for name in IDENTITY_COLUMNS}
            differing = [
                name
                for name in _deciding_columns(before, now)
                if before[name] is not None and before[name] != now[name]
            ]
            if differing and not row["is_adopted"]:
                differences = (
                    f"{each} was {before[each]} and is {now[each]}" for each in differing
                )
                msg = (
                    f'target "{target.name}" points elsewhere: {"; ".join(differences)} '
                    f"(if this is intended: `auditor db adopt {target.name}`)"
                )
                raise StoreError(msg)
            if differing:
                _begin_again(connection, row["id"])
            if not was_read:
                return bool(differing)
            kept = {} if differing else before
            # A value that is not known now keeps the stored one, unless that is of another app or
            # instance.
            after = kept | {name: each for name, each in now.items() if each or differing}
            # While the instance does not state its id, it is unknown whether it is another one.
            is_decided = bool(differing) or now["instance_id"] == after["instance_id"]
            if after != before or row["is_adopted"]:
                values = {**after, "is_adopted": row["is_adopted"] and not is_decided}
                connection.execute(update(TARGET).where(TARGET.c.id == row["id"]).values(values))
            return bool(differing)

    def is_identified(self, target: Target) -> bool:
        """Return whether the last full audit read this app of this org and this instance."""
        query = select(TARGET.c.org_url, TARGET.c.app_id, TARGET.c.unleash_url)
        with self.database.reading() as connection:
            row = connection.execute(query.where(TARGET.c.name == target.name)).first()
        return row == (target.org_url, target.app_id, target.unleash_url)

    def rename(self, old: str, new: str) -> None:
        """Rename a target and keep its history."""
        with self.database.writing() as connection:
            own = known_target_id(connection, self.database.where, old)
            if find_target_id(connection, new) is not None:
                msg = f'{self.database.where}: a target "{new}" exists already (use another name)'
                raise StoreError(msg)
            connection.execute(update(TARGET).where(TARGET.c.id == own).values(name=new))

    def adopt(self, target: str) -> None:
        """Allow the next audit of a target to read another app or instance.

        If it does, it is a baseline, and findings that it no longer finds are resolved as
        ``configuration_changed``. If it reads the same ones, nothing is different.
        """
        with self.database.writing() as connection:
            own = known_target_id(connection, self.database.where, target)
            connection.execute(update(TARGET).where(TARGET.c.id == own).values(is_adopted=True))

    @contextmanager
    def job_slot(self, target: str, job: str, slot: datetime, *, now: Clock) -> Iterator[bool]:
        """Claim a scheduled time of a job; yield whether this process must run the job.

        Yields ``False`` when the slot is done or another process holds it. Otherwise the slot is
        held while the block lasts, and done when the block ends without an error. A slot is not
        done when its process dies or the block raises, so that it is tried again.
        """
        # Without the time: a late run and the next one must not overlap.
        lock = f"slot-{job}-{target}"
        with self.database.try_lock(lock) as is_free:
            # Read under the lock: another process may have done the slot just before.
            if not is_free or self.is_done(target, job, slot):
                yield False
                return
            yield True
            with self.database.writing() as connection:
                own = lock_target(connection, target)["id"]
                row = {"target_id": own, "job": job, "at": slot, "done_at": now()}
                connection.execute(insert(JOB_SLOT).values(row))

    def is_done(self, target: str, job: str, slot: datetime) -> bool:
        """Return whether the job of a scheduled time was done."""
        query = select(
            exists()
            .where(JOB_SLOT.c.target_id == TARGET.c.id, TARGET.c.name == target)
            .where(JOB_SLOT.c.job == job, JOB_SLOT.c.at == slot)
        )
        with self.database.reading() as connection:
            return bool(connection.execute(query).scalar())


def _begin_again(connection: Connection, own: int) -> None:
    """Delete what the next audit would compare with: another app has another configuration."""
    for table in (CONFIGURATION_READ, CHECKPOINT):
        connection.execute(delete(table).where(table.c.target_id == own))
    connection.execute(update(TARGET).where(TARGET.c.id == own).values(rules=None))


def _deciding_columns(before: dict[str, str | None], now: dict[str, str | None]) -> tuple[str, ...]:
    """Return the columns that identify a target: Unleash's URL only when an id is unknown."""
    is_known = before["instance_id"] is not None and now["instance_id"] is not None
    return ("org_url", "app_id", "instance_id" if is_known else "unleash_url")


def known_target_id(connection: Connection, where: str, name: str) -> int:
    """Return the id of a target that a user named, locked until the transaction ends.

    Raises :class:`~auditor.errors.StoreError` with the most similar name when it is unknown.
    """
    query = select(TARGET.c.id).where(TARGET.c.name == name).with_for_update()
    own: int | None = connection.execute(query).scalar()
    if own is None:
        names = connection.execute(select(TARGET.c.name)).scalars().all()
        listed = f" (stored targets: {', '.join(sorted(names)) or 'none'})"
        msg = f'{where}: the database has no target "{name}"{nearest(name, names) or listed}'
        raise StoreError(msg)
    return own
