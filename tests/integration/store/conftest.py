"""The store of each test in this folder: on SQLite and on PostgreSQL."""

from tests.support.stores import (  # noqa: F401  (pytest finds the fixtures here)
    emptied_postgres_url,
    shared_postgres_url,
    store,
    url,
)
