"""A store to test with: everything runs on SQLite and on a real PostgreSQL."""

import psycopg
import pytest

from auditor.store import open_store


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """Return the URL of a database that has no tables yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auditor.db"
    return request.getfixturevalue("emptied_postgres_url")


@pytest.fixture(scope="session")
def shared_postgres_url(postgres):
    """Return one database for all: a new one for each test would be gigabytes to write."""
    return postgres.create_database()


@pytest.fixture
def emptied_postgres_url(shared_postgres_url):
    with psycopg.connect(
        shared_postgres_url.replace("+psycopg", ""), autocommit=True
    ) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return shared_postgres_url


@pytest.fixture
def store(url):
    with open_store(url, migrate=True) as store:
        yield store
