"""What a collection is read with: one side of the target, and somebody to tell how far it got."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from auditor.collect.decode import decode, decode_rows
from auditor.collect.failure import CollectError
from auditor.collect.http import Endpoint, Hear, Origin, read_pages
from auditor.domain.collections import MissingReason

T = TypeVar("T")
R = TypeVar("R")

Tell = Callable[[int], None]
"""Takes the number of rows that were just read."""


class Reader:
    """Reads records and lists of one collection."""

    def __init__(self, origin: Origin, tell: Tell, hear: Hear = lambda _: None) -> None:
        self._origin = origin
        self._tell = tell
        self._hear = hear

    def record(self, kind: type[T], endpoint: Endpoint, *ids: str, **params: str) -> T:
        """Read one document. Raises CollectError."""
        found = decode(kind, self._origin.get(endpoint, *ids, hear=self._hear, **params))
        self._tell(1)
        return found

    def rows(
        self,
        kind: type[T],
        endpoint: Endpoint,
        *ids: str,
        key: Callable[[T], str] | None = None,
        **params: str,
    ) -> Iterator[T]:
        """Yield the rows of a list, to its proven end. Raises CollectError.

        A row whose ``key`` comes twice says that the list moved under the reader or goes in
        circles: in both cases nobody knows what else is wrong with it. Without a ``key``, doubles
        are the caller's to drop.
        """
        seen: set[str] = set()
        for answer in read_pages(self._origin, endpoint, *ids, hear=self._hear, **params):
            page = decode_rows(kind, answer)
            expected = len(seen) + len(page)
            if key is not None:
                seen.update(map(key, page))
            if key is not None and len(seen) != expected:
                raise CollectError(MissingReason.TRUNCATED, answer.name, "a row came twice")
            self._tell(len(page))
            yield from page

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Read one thing for every item, several at a time."""
        return self._origin.each(function, items)
