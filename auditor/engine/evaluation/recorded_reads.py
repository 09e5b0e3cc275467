"""The collections that a rule reads, recorded while its check runs. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any


class RecordedReads(Mapping[str, Any]):
    """The collections of a snapshot by name. It records which names are requested."""

    def __init__(self, read: Mapping[str, Any]) -> None:
        self._read = read
        self.requested: set[str] = set()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  (the type differs by collection)
        self.requested.add(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
