"""The collections that a rule reads, recorded while its check runs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from auditor.domain.snapshot import Snapshot


class RecordedReads(Mapping[str, Any]):
    """The collections of a snapshot by name. It records which names are requested."""

    def __init__(self, read: Mapping[str, Any]) -> None:
        self._read = read
        self.requested: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.requested.add(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def recorded(snapshot: Snapshot) -> tuple[Snapshot, set[str]]:
    """Return a copy of the snapshot, and the set to which each requested name is added."""
    reads = RecordedReads(snapshot.read)
    return replace(snapshot, read=reads), reads.requested
