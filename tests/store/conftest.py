"""A store to test with: everything runs on SQLite and on a real PostgreSQL."""

import pytest

from auditor.store import open_store


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """Return the URL of a database that has no tables yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auditor.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def store(url):
    with open_store(url, migrate=True) as store:
        yield store
