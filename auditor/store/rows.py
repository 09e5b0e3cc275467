"""What all parts of the store share: the database, and targets by their names."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, select

from auditor.serialization import convert
from auditor.store.backends.database import Database, upsert
from auditor.store.tables import DOCUMENT, TARGET

T = TypeVar("T")
CHUNK = 1000
"""So many rows or ids go into one statement."""


class Repository:
    """A group of the store's methods."""

    def __init__(self, database: Database) -> None:
        self.database = database


def target_id(connection: Connection, name: str) -> int | None:
    """Return our own id of the target; ``None``: never heard of it."""
    found = connection.execute(select(TARGET.c.id).where(TARGET.c.name == name)).scalar()
    return None if found is None else int(found)


def locked_target(connection: Connection, name: str) -> RowMapping:
    """Return the target's row, made if need be, and hold it until the transaction ends."""
    query = select(TARGET).where(TARGET.c.name == name).with_for_update()
    if (row := connection.execute(query).mappings().first()) is not None:
        return row
    new = upsert(connection, TARGET).values(name=name)
    connection.execute(new.on_conflict_do_nothing(index_elements=("name",)))
    return connection.execute(query).mappings().one()


def keep_document(connection: Connection, target: int, body: object) -> str:
    """Keep what repeats from run to run once; return its hash."""
    key = content_hash(body)
    row = {"target_id": target, "hash": key, "body": body}
    connection.execute(
        upsert(connection, DOCUMENT)
        .values(row)
        .on_conflict_do_nothing(index_elements=("target_id", "hash"))
    )
    return key


def content_hash(value: object) -> str:
    """Hash what a record holds: thirty-two hex digits."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:32]


def read(row: RowMapping, kind: type[T], **more: Any) -> T:  # noqa: ANN401  (any column)
    """Turn a row into a record; columns that the record does not know are left out."""
    return convert({**row, **more}, kind)


def columns(record: Struct, *only: str) -> dict[str, Any]:
    """Turn a record into a row: plain values, times as they are."""
    row: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime,))
    return {name: row[name] for name in only} if only else row


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Cut ``values`` into lists that fit a statement."""
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
