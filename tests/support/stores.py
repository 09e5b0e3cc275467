"""A store to test with, on SQLite and on a real PostgreSQL."""

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from auditor.store import open_store

CHANNELS = ("slack", "webhook")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """Return the URL of a database that has no tables, or those of ``store``."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auditor.db"
    has_tables = "store" in request.fixturenames
    return request.getfixturevalue("copied_postgres_url" if has_tables else "emptied_postgres_url")


@pytest.fixture(scope="session")
def shared_postgres_url(postgres):
    """Return one database for all tests: a new one for each test would write gigabytes."""
    return postgres.create_database()


@pytest.fixture
def emptied_postgres_url(shared_postgres_url):
    plain_url = shared_postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return shared_postgres_url


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres):
    url = postgres.create_database()
    with open_store(url, migrate=True):
        return url


@pytest.fixture
def copied_postgres_url(postgres, migrated_postgres_url):
    """Return a database with empty tables: migrating one takes four times as long as a copy."""
    url = postgres.copy_database(migrated_postgres_url)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def store(url, tmp_path):
    if url.startswith("sqlite"):
        create_empty_store(tmp_path)
    with open_store(url, migrate=True) as store:
        yield store


def create_empty_store(folder: Path) -> str:
    """Write `auditor.db` with empty tables, unless it exists; return its URL.

    The file is copied: migrating a new one takes ten times as long.
    """
    path = folder / "auditor.db"
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_empty_store())
    return f"sqlite:///{path}"


@cache
def _empty_store() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "auditor.db"
        with open_store(f"sqlite:///{path}"):
            pass
        return path.read_bytes()


@contextmanager
def delivery(store, *targets, channels=CHANNELS):
    """Start a delivery for these targets, or for all targets in the store."""
    with store.outbox.delivery(targets or store.history.targets(), channels) as delivery:
        yield delivery


def claimed(store, at, *targets, limit=99):
    """Claim the due items, and end the delivery without an answer."""
    with delivery(store, *targets) as claims:
        return claims.claim(limit, at=at)
