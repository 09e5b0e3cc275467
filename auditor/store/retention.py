"""What is renamed, adopted, or dropped when its time is over."""

import re
from datetime import datetime, timedelta
from typing import Any

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
from auditor.store.audits import last_audit_id
from auditor.store.rows import Repository
from auditor.store.source_facts import drop_outdated_facts
from auditor.store.tables import (
    CHANGE,
    DOCUMENT,
    FINDING,
    OUTBOX,
    RUN,
    SLOT,
    SOURCE_FACT,
    TARGET,
    THREAD,
    TRANSITION,
    VERDICT,
)
from auditor.store.targets import known_target

NAMES = timedelta(days=30)
"""So long after a finding was resolved, or a message told, are the names in it kept."""

_DOCUMENTS = (RUN.c.rules, RUN.c.coverage, RUN.c.counts)


class Retention(Repository):
    """Keeps the house; a person or a schedule asks for it."""

    def prune(
        self, target: str, *, at: datetime, keep: timedelta, names: timedelta = NAMES
    ) -> None:
        """Drop what is older than ``keep``, and the names in what has long been mended or told.

        Nothing of a finding that is not resolved is ever dropped, nor is a target's last run.
        What is old is dropped a day at a time: looking for it costs as much as finding it.
        """
        old = (at - keep).replace(hour=0, minute=0, second=0, microsecond=0)
        long_told = or_(OUTBOX.c.delivered_at < at - names, OUTBOX.c.failed_at < at - names)
        resolved = FINDING.c.state == State.RESOLVED
        with self.database.writing() as connection:
            own = known_target(connection, self.database.where, target)
            alive = select(FINDING.c.id).where(FINDING.c.target_id == own, ~resolved)
            outdated_runs = and_(RUN.c.at < old, RUN.c.id != last_audit_id(connection, own))
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
            drop_outdated_facts(connection, old)
            connection.execute(
                update(FINDING)
                .where(FINDING.c.target_id == own, resolved, FINDING.c.message != "")
                .where(FINDING.c.resolved_at < at - names)
                .values(message="", reason="", evidence=[], affected=[], remediation=None)
            )

    def forget(self, person: str) -> int:
        """Take a person, given by id, email, login or name, out of all that is kept.

        Who was listed under that id or name is taken out under both. Resolved findings about
        that id go altogether. What is still open is seen again, and named again, by the next run
        unless the person has left Okta and Unleash. Return how many rows were changed.
        """
        with self.database.writing() as connection:
            called = _all_names(connection, person)
            gone = connection.execute(
                delete(FINDING).where(
                    FINDING.c.subject.in_(called), FINDING.c.state == State.RESOLVED
                )
            )
            longest_first = sorted(map(re.escape, called), key=len, reverse=True)
            pattern = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)
            changed = sum(_rewrite(connection, table, names, pattern) for table, names in MENTIONS)
        return gone.rowcount + changed


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


FORGOTTEN = "(forgotten)"

MENTIONS = (
    (FINDING, ("message", "reason", "waiver", "evidence", "affected", "remediation")),
    (CHANGE, ("before", "after", "actors", "unknown_reason")),
    (OUTBOX, ("payload", "error", "receipt")),
    (TARGET, ("notified_state",)),
    (VERDICT, ("reasons",)),
    (SOURCE_FACT, ("body",)),
)
"""Where people may be named."""


def _all_names(connection: Connection, person: str) -> set[str]:
    """Return ``person`` and the ids and names of those listed under it."""
    wanted = person.casefold()
    called = {person}
    for affected in connection.execute(select(FINDING.c.affected)).scalars():
        for each in affected:
            if wanted in {each["id"].casefold(), each["name"].casefold()}:
                called |= {each["id"], each["name"]}
    return called - {""}


def _rewrite(
    connection: Connection, table: Table, names: tuple[str, ...], pattern: re.Pattern[str]
) -> int:
    """Take what ``pattern`` matches out of these columns; return how many rows had it."""
    keys = list(table.primary_key.columns)
    rewritten = 0
    for row in connection.execute(select(*keys, *(table.c[name] for name in names))).mappings():
        before = {name: row[name] for name in names}
        after = {name: _without(value, pattern) for name, value in before.items()}
        if after != before:
            same = (key == row[key.name] for key in keys)
            connection.execute(update(table).where(*same).values(after))
            rewritten += 1
    return rewritten


def _without(value: Any, pattern: re.Pattern[str]) -> Any:  # noqa: ANN401  (any JSON)
    match value:
        case str():
            return pattern.sub(FORGOTTEN, value)
        case list():
            return [_without(each, pattern) for each in value]
        case dict():
            return {key: _without(each, pattern) for key, each in value.items()}
        case _:
            return value
