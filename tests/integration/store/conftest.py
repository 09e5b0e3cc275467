"""The store of each test in this folder: on SQLite and on PostgreSQL."""

from tests.support.stores import (  # noqa: F401  (pytest finds the fixtures here)
    copied_postgres_url,
    emptied_postgres_url,
    migrated_postgres_url,
    shared_postgres_url,
    store,
    url,
)
