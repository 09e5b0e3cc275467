"""A person, taken out of history."""

import re
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from auditor.engine.findings.tracked_findings import State
from auditor.store.models import CHANGE, FINDING, OUTBOX, TARGET, VERDICT
from auditor.store.part import Part

FORGOTTEN = "(forgotten)"

MENTIONS = (
    (FINDING, ("message", "because", "waiver", "evidence", "affected", "remedy")),
    (CHANGE, ("before", "after", "suspects", "because")),
    (OUTBOX, ("payload", "error", "receipt")),
    (TARGET, ("spoken",)),
    (VERDICT, ("because",)),
)
"""Where people may be named."""


class Forgetting(Part):
    """Serves a person's right to be forgotten."""

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
