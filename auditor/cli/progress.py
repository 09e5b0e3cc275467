"""How far collecting has come: one moving line on a terminal, a line now and then in a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auditor.cli.voice import remark

STEP = 10_000
"""In a log, a collection is mentioned each time it has grown by so many rows."""


@contextmanager
def progress(what: str, *, moving: bool = True) -> Iterator[Callable[[str, int], None]]:
    """Give a function that is told a collection's name and its rows so far; writes to stderr.

    ``moving``: nothing else writes to the terminal meanwhile.
    """
    if not (moving and sys.stderr.isatty()):
        yield _lines()
        return
    from rich.console import Console

    rows: dict[str, int] = {}
    with Console(stderr=True).status(what) as status:

        def show(collection: str, count: int) -> None:
            rows[collection] = count
            status.update(f"{what}: {collection} {count:,} of {sum(rows.values()):,} rows")

        yield show


def _lines() -> Callable[[str, int], None]:
    told: dict[str, int] = {}

    def tell(collection: str, count: int) -> None:
        if count - told.get(collection, 0) >= STEP:
            told[collection] = count
            remark(f"{collection}: {count:,} rows")

    return tell
