"""What is renamed, adopted, or dropped when its time is over."""

from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Table,
    and_,
    delete,
    or_,
    select,
    update,
)

from auditor.engine.findings.tracked_findings import State
from auditor.errors import StoreError, nearest
from auditor.store.memories import PLACE, last_run
from auditor.store.models import (
    CHANGE,
    DOCUMENT,
    FINDING,
    LOOK,
    MARK,
    OUTBOX,
    RUN,
    SLOT,
    TARGET,
    THREAD,
    TRANSITION,
    VERDICT,
)
from auditor.store.part import Part, target_id

NAMES = timedelta(days=30)
"""So long after a finding was resolved, or a message told, are the names in it kept."""

_DOCUMENTS = (RUN.c.rules, RUN.c.coverage, RUN.c.counts)


class Upkeep(Part):
    """Keeps the house; a person or a schedule asks for it."""

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

    def prune(
        self, target: str, *, at: datetime, keep: timedelta, names: timedelta = NAMES
    ) -> None:
        """Drop what is older than ``keep``, and the names in what has long been mended or told.

        Nothing of a finding that is not resolved is ever dropped, nor is a target's last run.
        What is old is dropped a day at a time: looking for it costs as much as finding it.
        """
        old = (at - keep).replace(hour=0, minute=0, second=0, microsecond=0)
        long_told = or_(OUTBOX.c.delivered_at < at - names, OUTBOX.c.gave_up_at < at - names)
        resolved = FINDING.c.state == State.RESOLVED
        with self.database.writing() as connection:
            own = known_target(connection, self.database.where, target)
            alive = select(FINDING.c.id).where(FINDING.c.target_id == own, ~resolved)
            outdated_runs = and_(RUN.c.at < old, RUN.c.id != last_run(connection, own))
            if _drop(connection, own, RUN, outdated_runs):
                _drop(connection, own, DOCUMENT, DOCUMENT.c.hash.not_in(_used_by(own)))
            for table, outdated in (
                (VERDICT, VERDICT.c.until < old),
                (TRANSITION, and_(TRANSITION.c.at < old, TRANSITION.c.finding_id.not_in(alive))),
                (FINDING, and_(resolved, FINDING.c.resolved_at < old)),
                (CHANGE, CHANGE.c.until < old),
                (OUTBOX, long_told),
                (THREAD, THREAD.c.at < old),
                (SLOT, SLOT.c.at < old),
            ):
                _drop(connection, own, table, outdated)
            connection.execute(
                update(FINDING)
                .where(FINDING.c.target_id == own, resolved, FINDING.c.message != "")
                .where(FINDING.c.resolved_at < at - names)
                .values(message="", because="", evidence=[], affected=[], remedy=None)
            )


def known_target(connection: Connection, where: str, name: str) -> int:
    """Return our own id of a target that a person named, and hold it, as a run does."""
    query = select(TARGET.c.id).where(TARGET.c.name == name).with_for_update()
    own: int | None = connection.execute(query).scalar()
    if own is None:
        names = connection.execute(select(TARGET.c.name)).scalars().all()
        msg = f"{where}: no target {name!r} in history{nearest(name, names)}"
        raise StoreError(msg)
    return own


def _drop(connection: Connection, own: int, table: Table, outdated: ColumnElement[bool]) -> int:
    """Delete rows of a target; return how many there were."""
    return connection.execute(delete(table).where(table.c.target_id == own, outdated)).rowcount


def _used_by(target: int) -> CompoundSelect[str]:
    """Return the hashes of all documents that something of the target names."""
    runs = (select(column).where(RUN.c.target_id == target) for column in _DOCUMENTS)
    return (
        select(TARGET.c.rules)
        .where(TARGET.c.id == target, TARGET.c.rules.is_not(None))
        .union(*runs)
    )
