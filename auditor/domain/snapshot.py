"""All data that was read from a target at one time, and the missing data. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import Struct

from auditor.domain.collections import Collection, MissingData, MissingReason, T
from auditor.domain.reasons import MissingDataReason
from auditor.domain.target import Target


class RateLimit(Struct, frozen=True, kw_only=True):
    """The lowest state of an Okta rate-limit bucket in an audit. Other clients use it too."""

    bucket: str
    """The path whose requests it counts, without ids: ``/api/v1/apps/{}/users``."""

    limit: int
    """Allowed requests in one window, usually a minute."""

    remaining: int


class DataMissing(Exception):  # noqa: N818  (the name states the cause)
    """A rule read a collection that is missing; evaluation makes the rule unknown."""

    def __init__(self, collection: Collection[Any], missing: MissingData) -> None:
        super().__init__(f"{collection.name}: {missing}")
        self.collection = collection
        self.missing = missing


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All data that was read from one target, and the reason for each missing collection."""

    target: Target
    taken_at: datetime
    read: Mapping[str, Any]
    """Collection name to its value."""

    missing: Mapping[str, MissingData]
    """Collection name to the reason; disjoint from ``read``."""

    requests: int = 0
    """Number of requests that were sent; 0 when the snapshot was read from a file."""

    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Collection name to method and path of the last request: ``GET /api/v1/mappings``."""

    request_ids: Mapping[str, str] = field(default_factory=dict)
    """Collection name to the request id of the last response, as the service logs it."""

    rate_limits: tuple[RateLimit, ...] = ()
    """Each bucket that was used; empty when the snapshot was read from a file."""

    def __getitem__(self, collection: Collection[T]) -> T:
        """Return the collection; raise :class:`DataMissing` if it could not be read."""
        if collection.name in self.read:
            return cast("T", self.read[collection.name])
        raise DataMissing(collection, self.why_missing(collection))

    def get(self, collection: Collection[T]) -> T | None:
        """Return the collection; ``None``: it was not read. For optional evidence."""
        return cast("T | None", self.read.get(collection.name))

    def lacks(self, collection: Collection[Any]) -> MissingData | None:
        """Return why ``collection`` was not read; ``None`` when it was read."""
        return None if collection.name in self.read else self.why_missing(collection)

    def missing_reason(
        self, collection: Collection[Any], what: str = ""
    ) -> MissingDataReason | None:
        """Return why ``collection`` was not read, as a reason; ``None`` when it was read.

        ``what`` names, for readers, what cannot be decided without it.
        """
        missing = self.lacks(collection)
        if missing is None:
            return None
        return MissingDataReason(collection=collection.name, missing=missing, what=what)

    def why_missing(self, collection: Collection[Any]) -> MissingData:
        """Return the recorded reason, or that the collection was not requested."""
        never_asked = MissingData(
            why=MissingReason.NOT_CONFIGURED, endpoint="-", detail="was not collected"
        )
        return self.missing.get(collection.name, never_asked)


class LeftToFullAudit(Exception):  # noqa: N818  (the name states the cause)
    """A check requested a collection that a targeted audit has not read.

    Not a :class:`DataMissing`, because conclusions handle that one: they conclude with less. Here
    the data exists, and a full audit can conclude otherwise from it.
    """

    def __init__(self, collection: Collection[Any], missing: MissingData) -> None:
        super().__init__(f"{collection.name}: {missing}")
        self.collection = collection
        self.missing = missing


@dataclass(frozen=True, eq=False)
class TargetedSnapshot(Snapshot):
    """What a targeted audit read. Each request for other data raises :class:`LeftToFullAudit`.

    Data that the target does not have is missing as in every snapshot.
    """

    not_needed: frozenset[Collection[Any]] = frozenset()
    """Collections that a check may request although they were not read."""

    def __getitem__(self, collection: Collection[T]) -> T:
        """Return the collection."""
        self._require_known(collection)
        return super().__getitem__(collection)

    def get(self, collection: Collection[T]) -> T | None:
        """Return the collection; ``None``: the target does not have it, or it is not needed."""
        self._require_known(collection)
        return super().get(collection)

    def lacks(self, collection: Collection[Any]) -> MissingData | None:
        """Return why ``collection`` was not read; ``None`` when it was read."""
        self._require_known(collection)
        return super().lacks(collection)

    def _require_known(self, collection: Collection[Any]) -> None:
        if collection.name in self.read or collection in self.not_needed:
            return
        missing = self.why_missing(collection)
        if missing.why is not MissingReason.NOT_ON_THIS_EDITION:
            raise LeftToFullAudit(collection, missing)


# Sets and maps have no fixed order: without one, equal snapshots could have two hashes.
_ENCODER = msgspec.json.Encoder(order="deterministic")

_ROWS_AT_ONCE = 1000
"""Rows that are encoded together: a whole list of users would be in memory a second time."""


def snapshot_hash(snapshot: Snapshot) -> str:
    """Return the SHA-256, in hex, of all records in canonical JSON."""
    total, buffer = hashlib.sha256(), bytearray()
    for name, value in sorted(snapshot.read.items()):
        total.update(name.encode())
        for part in _parts(value):
            _ENCODER.encode_into(part, buffer)
            total.update(buffer)
    return total.hexdigest()


def _parts(value: object) -> Iterator[object]:
    """Yield a value; a list in parts, and also the lists of a record."""
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield name
            yield from _parts(getattr(value, name))
    elif isinstance(value, tuple):
        for start in range(0, len(value) or 1, _ROWS_AT_ONCE):
            yield value[start : start + _ROWS_AT_ONCE]
    else:
        yield value
