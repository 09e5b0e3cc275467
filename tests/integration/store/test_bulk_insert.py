"""Rows that are inserted at once are stored like rows that are inserted one by one."""

from datetime import UTC, timedelta, timezone

from sqlalchemy import delete, insert, select

from auditor.store.bulk_insert import insert_rows
from auditor.store.rows import MAX_ROWS_PER_STATEMENT
from auditor.store.tables import CHANGE, TARGET
from tests.support.builders.findings import hours

EAST = timezone(timedelta(hours=3))
ACTORS = [{"name": "Grace \0", "at": None}]


def change(number: int, **values: object):
    row = {
        "target_id": 1,
        "collection": "okta.mappings",
        "path": f"mapping[{number}] % ? :path",
        "before": None,
        "after": None,
        "name": "",
        "before_name": "",
        "after_name": "",
        "since": hours(0),
        "until": hours(1),
        "confidence": "likely",
        "actors": [],
        "unknown_reason": "",
    }
    return row | values


ROWS = [
    change(0, actors=ACTORS, until=hours(2)),
    change(1, actors=ACTORS, until=hours(2).astimezone(EAST), before="nul \0"),
    change(2, actors=[*ACTORS, *ACTORS], until=hours(2).astimezone(UTC), before="nul \0\0"),
    change(3, before="", after="\0"),
    *(change(number, until=hours(number % 3)) for number in range(4, MAX_ROWS_PER_STATEMENT + 2)),
]


def test_rows_are_stored_as_by_one_insert_for_each(store):
    stored = select(CHANGE).order_by(CHANGE.c.id)
    without_id = [column for column in CHANGE.c if column.name != "id"]
    with store.database.writing() as connection:
        connection.execute(insert(TARGET).values(id=1, name="production"))
        for row in ROWS:
            connection.execute(insert(CHANGE).values(row))
        expected = connection.execute(stored.with_only_columns(*without_id)).all()
        connection.execute(delete(CHANGE))
        # The order of the columns in a row has no meaning.
        insert_rows(connection, CHANGE, [dict(reversed(row.items())) for row in ROWS])
        assert connection.execute(stored.with_only_columns(*without_id)).all() == expected
    assert len(expected) == len(ROWS)


def test_no_rows_are_no_statement(store):
    with store.database.writing() as connection:
        insert_rows(connection, CHANGE, [])
        assert connection.execute(select(CHANGE)).all() == []
