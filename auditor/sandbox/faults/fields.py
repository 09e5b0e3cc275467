"""Places in a JSON document, by a path of names. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any] | list[Any]
Place = tuple[Any, Any]
"""A list or an object, and an index or a name in it."""


def places(document: Json, path: str) -> Iterator[Place]:
    """Find each place that a path such as `[].profile.email` leads to.

    `[]` is every item of a list, `*` every value of an object. Names that do not exist are skipped.
    """
    head, _, rest = path.partition(".")
    keys: Iterable[Any] = ()
    if head == "[]" and isinstance(document, list):
        keys = range(len(document))
    elif isinstance(document, dict):
        keys = list(document) if head == "*" else [head] if head in document else []
    for key in keys:
        if rest:
            yield from places(document[key], rest)
        else:
            yield document, key
