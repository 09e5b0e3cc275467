"""A snapshot on disk, so that an audit can be replayed: one JSON document, for its owner only."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from auditor.collect.reader import Time, plausible
from auditor.domain.collections import COLLECTIONS, MissingData
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.errors import ConfigError
from auditor.files import cause_and_remedy, read_regular_file, write_whole

SNAPSHOT_SCHEMA_VERSION = 1
"""Rises when an earlier version of the auditor could not read the file correctly."""


class _Head(Struct):
    schema: int


class _File(Struct, kw_only=True):
    schema: int
    target: Target
    taken_at: datetime
    read: Mapping[str, Any]
    missing: Mapping[str, MissingData]


class _SealedFile(_File, kw_only=True):
    taken_at: Time
    read: Mapping[str, Raw]


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot, mode 0600, whole or not at all. Raises ConfigError."""
    document = _File(
        schema=SNAPSHOT_SCHEMA_VERSION,
        target=snapshot.target,
        taken_at=snapshot.taken_at,
        read=snapshot.read,
        missing=snapshot.missing,
    )
    # Equal snapshots are equal files, although sets have no order.
    content = msgspec.json.encode(document, order="deterministic")
    try:
        write_whole(path, content)
    except OSError as error:
        message = f"{path}: the snapshot cannot be written: {cause_and_remedy(error)}"
        raise ConfigError(message) from error


_SAVE_AGAIN = "save it again: `auditor run --save-snapshot`"


def load(path: Path) -> Snapshot:
    """Read a snapshot that was saved. Raises ConfigError."""
    try:
        content = read_regular_file(path)
    except OSError as error:
        message = f"{path}: the snapshot cannot be read: {cause_and_remedy(error)}"
        raise ConfigError(message) from error
    try:
        # The version first: the rest of a newer file may not fit the types of this version.
        schema = msgspec.json.decode(content, type=_Head).schema
        if schema > SNAPSHOT_SCHEMA_VERSION:
            message = (
                f"{path}: a newer version of the auditor saved this snapshot (schema {schema}; this"
                f" version reads {SNAPSHOT_SCHEMA_VERSION}: upgrade it)"
            )
            raise ConfigError(message)
        file = msgspec.json.decode(content, type=_SealedFile)
        seen = {
            name: msgspec.json.decode(value, type=COLLECTIONS[name].type)
            for name, value in file.read.items()
            # An earlier version may have read a collection that no longer exists.
            if name in COLLECTIONS
        }
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{path}: is not a snapshot, or is damaged ({_SAVE_AGAIN})"
        raise ConfigError(message) from error
    if plausible(file.taken_at) is None:
        message = f"{path}: the snapshot has an impossible date ({_SAVE_AGAIN})"
        raise ConfigError(message)
    return Snapshot(
        target=file.target, taken_at=file.taken_at, read=seen, missing=dict(file.missing)
    )
