"""The delays of leavers and joiners in the store: ids and times, no names. Bounded."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, tuple_

from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from auditor.engine.exposure.exposure import TREND_WEEKS, Exposure, exposure_of
from auditor.store.rows import Repository, chunks, columns, find_target_id, read
from auditor.store.tables import ACCESS_DELAY, TARGET

MAX_ACCESS_DELAYS: Final = 20_000
"""Most delays of one target: about 3 MB. The oldest are deleted."""

_COLUMNS = tuple(ACCESS_DELAY.c[name] for name in AccessDelay.__struct_fields__)
_KEY = tuple_(ACCESS_DELAY.c.kind, ACCESS_DELAY.c.user, ACCESS_DELAY.c.at)


class AccessDelays(Repository):
    """Reads the delays; an audit writes them in the transaction of its own result."""

    def since(self, target: str, since: datetime) -> tuple[AccessDelay, ...]:
        """Return the delays that ended or began since then, and those that are not over."""
        query = (
            select(*_COLUMNS)
            .join(TARGET, TARGET.c.id == ACCESS_DELAY.c.target_id)
            .where(TARGET.c.name == target)
            .where(
                or_(
                    ~ACCESS_DELAY.c.is_over,
                    ACCESS_DELAY.c.at >= since,
                    ACCESS_DELAY.c.ended_at >= since,
                )
            )
            .order_by(*_KEY_COLUMNS)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).mappings()
            return tuple(read(row, AccessDelay) for row in rows)

    def exposure(
        self,
        target: str,
        budgets: Mapping[DelayKind, timedelta],
        *,
        since: datetime,
        until: datetime,
    ) -> Exposure:
        """Return the delays of a period in figures, with the trend before it.

        The weeks of the trend begin on Monday in the zone of ``until``.
        """
        # One week more: the first week of the trend begins on its Monday, up to six days earlier.
        trend_since = until - timedelta(weeks=TREND_WEEKS + 1)
        delays = self.since(target, min(since, trend_since))
        return exposure_of(delays, budgets, since=since, until=until)

    def waiting(self, target: str) -> tuple[AccessDelay, ...]:
        """Return the delays that are not over."""
        with self.database.reading() as connection:
            own = find_target_id(connection, target)
            query = select(*_COLUMNS).where(
                ACCESS_DELAY.c.target_id == own, ~ACCESS_DELAY.c.is_over
            )
            rows = connection.execute(query.order_by(*_KEY_COLUMNS)).mappings()
            return tuple(read(row, AccessDelay) for row in rows)


_KEY_COLUMNS = ACCESS_DELAY.c.kind, ACCESS_DELAY.c.user, ACCESS_DELAY.c.at


def write_access_delays(connection: Connection, target: int, delays: Iterable[AccessDelay]) -> None:
    """Add the delays. A stage that is stored stays, as its record can have left the logs."""
    for chunk in chunks(delays):
        own = ACCESS_DELAY.c.target_id == target
        keys = [each.key for each in chunk]
        rows = connection.execute(
            select(*_COLUMNS).where(own, _KEY.in_([(str(kind), *rest) for kind, *rest in keys]))
        ).mappings()
        stored = {known.key: known for known in (read(row, AccessDelay) for row in rows)}
        merged = {
            each.key: stored[each.key].merged(each) if each.key in stored else each
            for each in chunk
        }
        changed = [each for key, each in merged.items() if stored.get(key) != each]
        replaced = [(str(each.kind), each.user, each.at) for each in changed]
        if not changed:
            continue
        # Two statements for a chunk, where updates would be one for each row.
        connection.execute(delete(ACCESS_DELAY).where(own, _KEY.in_(replaced)))
        connection.execute(
            insert(ACCESS_DELAY), [{"target_id": target, **columns(each)} for each in changed]
        )
    _drop_oldest(connection, target)


def _drop_oldest(connection: Connection, target: int) -> None:
    own = ACCESS_DELAY.c.target_id == target
    number = connection.execute(select(func.count()).where(own)).scalar_one()
    if number <= MAX_ACCESS_DELAYS:
        return
    oldest = (
        select(ACCESS_DELAY.c.at)
        .where(own)
        .order_by(ACCESS_DELAY.c.at.desc())
        .offset(MAX_ACCESS_DELAYS)
        .limit(1)
    )
    last = connection.execute(oldest).scalar_one()
    connection.execute(delete(ACCESS_DELAY).where(own, ACCESS_DELAY.c.at <= last))


def prune_access_delays(connection: Connection, target: int, before: datetime) -> None:
    """Delete what ended or began before a time, unless it is not over."""
    last = func.coalesce(ACCESS_DELAY.c.ended_at, ACCESS_DELAY.c.at)
    outdated = and_(ACCESS_DELAY.c.is_over, last < before)
    connection.execute(delete(ACCESS_DELAY).where(ACCESS_DELAY.c.target_id == target, outdated))
