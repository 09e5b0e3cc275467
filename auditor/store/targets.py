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
        held = f"another audit of {target!r} is running; wait for it, or raise --lock-timeout"
        with self.database.lock(f"target-{target}", timeout, held=held):
            yield

    def identify(self, snapshot: Snapshot) -> None:
        """Store the app and the instance of the target; raise when they are not the stored ones.

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
            differences = [
                f"{name} was {before[name]} and is {now[name]}"
                for name in _deciding_columns(before, now)
                if before[name] is not None and before[name] != now[name]
            ]
            if differences:
                msg = (
                    f"target {target.name!r} points elsewhere: {'; '.join(differences)} "
                    f"(if this is intended: `auditor db adopt {target.name}`)"
                )
                raise StoreError(msg)
            after = before | {name: value for name, value in now.items() if value is not None}
            if was_read and after != before:
                connection.execute(update(TARGET).where(TARGET.c.id == row["id"]).values(after))

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
                msg = f"{self.database.where}: a target {new!r} exists already (use another name)"
                raise StoreError(msg)
            connection.execute(update(TARGET).where(TARGET.c.id == own).values(name=new))

    def adopt(self, target: str) -> None:
        """Allow a target to have another app or instance from its next audit on.

        The next audit is a baseline: configuration reads, checkpoints and rules of the old app and
        instance are deleted. Findings that it no longer finds are resolved as
        ``configuration_changed``.
        """
        with self.database.writing() as connection:
            own = known_target_id(connection, self.database.where, target)
            for table in (CONFIGURATION_READ, CHECKPOINT):
                connection.execute(delete(table).where(table.c.target_id == own))
            forgotten: dict[str, None] = dict.fromkeys((*IDENTITY_COLUMNS, "rules"))
            connection.execute(update(TARGET).where(TARGET.c.id == own).values(forgotten))

    @contextmanager
    def job_slot(self, target: str, job: str, slot: datetime, *, now: Clock) -> Iterator[bool]:
        """Claim a scheduled time of a job; yield whether this process must run the job.

        Yields ``False`` when the slot is done or another process holds it. Otherwise the slot is
        held while the block lasts, and done when the block ends without an error. A slot is not
        done when its process dies or the block raises, so that it is tried again.
        """
        lock = f"slot-{job}-{target}"
        with self.database.try_lock(lock) as is_free:
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
        msg = f'{where}: the database has no target "{name}"{nearest(name, names)}'
        raise StoreError(msg)
    return own
