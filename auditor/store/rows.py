"""Helpers of the repositories: rows to records and back, targets by name, documents by hash."""

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

_canonical_json = msgspec.json.Encoder(order="sorted").encode

MAX_ROWS_PER_STATEMENT = 1000
"""SQLite allows 32,766 variables in a statement, and a finding has about 30 columns."""


class Repository:
    """The base of all repositories. Each public method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database


def find_target_id(connection: Connection, name: str) -> int | None:
    """Return the id of the target with this name; ``None``: it has never been audited."""
    found = connection.execute(select(TARGET.c.id).where(TARGET.c.name == name)).scalar()
    return None if found is None else int(found)


def lock_target(connection: Connection, name: str) -> RowMapping:
    """Return the target's row, locked until the transaction ends. Insert it when it is missing."""
    # SQLite ignores FOR UPDATE: there, a writing transaction locks the whole file.
    query = select(TARGET).where(TARGET.c.name == name).with_for_update()
    if (row := connection.execute(query).mappings().first()) is not None:
        return row
    new = upsert(connection, TARGET).values(name=name)
    # Another process can insert the same target meanwhile. Both read the one row that exists then.
    connection.execute(new.on_conflict_do_nothing(index_elements=("name",)))
    return connection.execute(query).mappings().one()


def write_document(connection: Connection, target: int, body: object) -> str:
    """Store ``body`` unless the target has an equal document. Return the document's hash."""
    key = content_hash(body)
    row = {"target_id": target, "hash": key, "body": body}
    connection.execute(
        upsert(connection, DOCUMENT)
        .values(row)
        .on_conflict_do_nothing(index_elements=("target_id", "hash"))
    )
    return key


def content_hash(value: object) -> str:
    """Return the first 32 hex digits of the SHA-256 of the value's canonical JSON."""
    return hashlib.sha256(_canonical_json(value)).hexdigest()[:32]


def read(row: RowMapping | dict[str, Any], kind: type[T], **more: Any) -> T:  # noqa: ANN401  (any column)
    """Build a record from a row. Columns that the record does not have are ignored."""
    return convert({**row, **more}, kind)


def columns(record: Struct, *only: str) -> dict[str, Any]:
    """Return a record's fields as column values: plain types; times stay ``datetime``."""
    row: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime,))
    return {name: row[name] for name in only} if only else row


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Split ``values`` into lists of at most :data:`MAX_ROWS_PER_STATEMENT`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, MAX_ROWS_PER_STATEMENT)):
        yield chunk
