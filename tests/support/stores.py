"""A store to test with, on SQLite and on a real PostgreSQL."""

from contextlib import contextmanager

import psycopg
import pytest

from auditor.store import open_store

CHANNELS = ("slack", "webhook")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """Return the URL of a database that has no tables yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auditor.db"
    return request.getfixturevalue("emptied_postgres_url")


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


@pytest.fixture
def store(url):
    with open_store(url, migrate=True) as store:
        yield store


@contextmanager
def delivery(store, *targets, channels=CHANNELS):
    """Start a delivery for these targets, or for all targets in the store."""
    with store.outbox.delivery(targets or store.history.targets(), channels) as delivery:
        yield delivery


def claimed(store, at, *targets, limit=99):
    """Claim the due items, and end the delivery without an answer."""
    with delivery(store, *targets) as claims:
        return claims.claim(limit, at=at)
