"""What a run is given of the past: the lease, the target's identity, and its memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from auditor.domain.target import Target
from auditor.errors import StoreError, nearest
from auditor.store.backends.database import upsert
from auditor.store.rows import Repository, locked_target, target_id
from auditor.store.tables import LOOK, MARK, SLOT, TARGET

PLACE = ("org_url", "app_id", "unleash_url", "instance_id")


class Targets(Repository):
    """Identity, name, lease and scheduled slots of each target."""

    @contextmanager
    def lease(self, target: str, timeout: timedelta = timedelta()) -> Iterator[None]:
        """Let nobody else audit ``target`` until the block ends; wait for ``timeout``."""
        taken = f"another run of {target!r} is under way; wait for it, or raise --lock-timeout"
        with self.database.lock(f"target-{target}", timeout, taken=taken):
            yield

    def identify(
        self, target: Target, instance_id: str | None = None, *, seen: bool = True
    ) -> None:
        """Remember where ``target`` points; refuse one that suddenly points elsewhere.

        ``instance_id`` is Unleash's own; as long as it stays the same, Unleash may move. Where
        the two sides were not ``seen``, nothing is remembered: the address may be a slip.
        """
        now = {
            "org_url": target.org_url,
            "app_id": target.app_id,
            "unleash_url": target.unleash_url,
            "instance_id": instance_id,
        }
        with self.database.writing() as connection:
            row = locked_target(connection, target.name)
            before = {name: row[name] for name in PLACE}
            differs = [
                f"{name} was {before[name]} and is {now[name]}"
                for name in _that_decide(before, now)
                if before[name] is not None and before[name] != now[name]
            ]
            if differs:
                msg = (
                    f"target {target.name!r} points elsewhere: {'; '.join(differs)} "
                    f"(if that is meant: `auditor db adopt {target.name}`)"
                )
                raise StoreError(msg)
            after = before | {name: value for name, value in now.items() if value is not None}
            if seen and after != before:
                connection.execute(update(TARGET).where(TARGET.c.id == row["id"]).values(after))

    def rename(self, old: str, new: str) -> None:
        """Give a target another name; its history stays as it is."""
        with self.database.writing() as connection:
            own = known_target(connection, self.database.where, old)
            if target_id(connection, new) is not None:
                msg = f"{self.database.where}: there is a target {new!r} already"
                raise StoreError(msg)
            connection.execute(update(TARGET).where(TARGET.c.id == own).values(name=new))

    def adopt(self, target: str) -> None:
        """Let a target point elsewhere from its next run on.

        What that run does not see of the old place is resolved as ``configuration``, and what it
        finds is a baseline: looks, log marks and rules of the old place are forgotten.
        """
        with self.database.writing() as connection:
            own = known_target(connection, self.database.where, target)
            for table in (LOOK, MARK):
                connection.execute(delete(table).where(table.c.target_id == own))
            connection.execute(
                update(TARGET).where(TARGET.c.id == own).values(rules=None, **dict.fromkeys(PLACE))
            )

    def take_slot(self, target: str, job: str, at: datetime) -> bool:
        """Tell whether this scheduled time of ``job`` is ours; of all who ask, one is told so."""
        with self.database.writing() as connection:
            row = {"target_id": locked_target(connection, target)["id"], "job": job, "at": at}
            taken = upsert(connection, SLOT).values(row).on_conflict_do_nothing()
            return connection.execute(taken.returning(SLOT.c.at)).first() is not None


def _that_decide(before: dict[str, str | None], now: dict[str, str | None]) -> tuple[str, ...]:
    """Unleash is the same where its own id is; its address speaks only when that is not known."""
    known = before["instance_id"] is not None and now["instance_id"] is not None
    return ("org_url", "app_id", "instance_id" if known else "unleash_url")


def known_target(connection: Connection, where: str, name: str) -> int:
    """Return our own id of a target that a person named, and hold it, as a run does."""
    query = select(TARGET.c.id).where(TARGET.c.name == name).with_for_update()
    own: int | None = connection.execute(query).scalar()
    if own is None:
        names = connection.execute(select(TARGET.c.name)).scalars().all()
        msg = f"{where}: no target {name!r} in history{nearest(name, names)}"
        raise StoreError(msg)
    return own
