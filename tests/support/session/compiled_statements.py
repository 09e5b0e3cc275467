"""SQLite databases that share their compiled statements.

A process of the auditor has one database, and compiles each statement once. In the tests, each
database would compile them again: a fifth of the CPU of a test with an audit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from auditor.store.backends import sqlite


@contextmanager
def shared_statements() -> Iterator[None]:
    """Give all engines for SQLite the dialect and the compiled statements of the first one."""
    shared: list[Engine] = []

    def engine_of(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        if not shared:
            del options["creator"]
            shared.append(create_engine(url, **options))
            shared[0].connect().close()  # the first connection completes the dialect
        engine.dialect = shared[0].dialect
        engine.pool._dialect = shared[0].dialect  # noqa: SLF001  (SQLAlchemy sets both at once)
        engine._compiled_cache = shared[0]._compiled_cache  # noqa: SLF001  (as above)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "create_engine", engine_of)
        yield
