"""Failures of the database: a clear error, no partial write, and the next audit succeeds."""

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from sqlalchemy import event

from auditor.errors import StoreError
from auditor.store import open_store
from tests.support.builders.audits import TARGET, audit, reconciled_in, record
from tests.support.builders.findings import evaluated, finding, hours
from tests.support.peers.postgres_server import UNPRIVILEGED_UID, running_postgres

FLAG = finding()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "auditor.db"


def sqlite(path) -> str:
    return f"sqlite:///{path}"


def refusal(url) -> str:
    with pytest.raises(StoreError) as refused, open_store(url):
        pass
    return str(refused.value)


@contextmanager
def as_unprivileged_user():
    """Run without root's permission to write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(UNPRIVILEGED_UID)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("auditor.db", "not a database URL"),
        ("", "not a database URL"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("mysql://root@localhost/x", "the database mysql is not supported"),
        ("postgresql://user:hush@localhost:port/x", "not a database URL"),
        ("sqlite:////dev/null/auditor.db", "give store.url a file in a writable folder"),
        ("sqlite:////", "give store.url a file"),
    ],
)
def test_an_invalid_database_url_is_refused_with_the_fix(url, expected):
    message = refusal(url)
    assert expected in message
    assert "hush" not in message


def test_no_message_contains_a_password():
    message = refusal("postgresql://auditor:hush@127.0.0.1:1/history?connect_timeout=1")
    assert "postgresql://127.0.0.1:1/history" in message
    assert "check that the server is up" in message
    assert "hush" not in message


def test_only_the_owner_can_read_the_database_files(path):
    before = os.umask(0)
    try:
        with open_store(sqlite(path)) as store, store.targets.lease(TARGET):
            audit(store, FLAG)
            with store.database.writing():
                modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert len(modes) > 2


def test_a_file_that_others_could_read_gets_mode_0600(path):
    with open_store(sqlite(path)):
        path.chmod(0o644)
    with open_store(sqlite(path)) as store, store.database.writing():
        assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}


def test_a_file_that_others_can_read_is_secured_while_another_thread_uses_it(path):
    with open_store(sqlite(path)) as store, store.database.writing():
        path.chmod(0o644)
        with open_store(sqlite(path)):
            assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["Dear diary, " * 500, "short"])
def test_a_file_that_is_no_database_is_not_changed(path, text):
    path.write_text(text)
    path.chmod(0o644)
    assert "file is not a database (set store.url to a database" in refusal(sqlite(path))
    assert path.read_text() == text
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_a_read_only_file_is_named_with_the_fix():
    with TemporaryDirectory() as folder:
        path = Path(folder) / "auditor.db"
        with open_store(sqlite(path)) as store:
            audit(store, FLAG)
        path.chmod(0o444)
        path.parent.chmod(0o755)
        with as_unprivileged_user():
            message = refusal(sqlite(path))
        assert f"{path}: Permission denied (give store.url a file in a writable" in message
        path.chmod(0o600)
        with open_store(sqlite(path)) as store:
            assert len(store.history.findings(TARGET)) == 1


def test_a_full_disk_stores_nothing_of_the_audit_and_the_next_one_succeeds(path):
    many = [finding(subject=f"00u{number}") for number in range(2000)]
    with open_store(sqlite(path)) as store:
        audit(store, FLAG)
        pages = path.stat().st_size // 4096

        def no_space(connection, _record):
            connection.execute(f"PRAGMA max_page_count = {pages + 20}")

        event.listen(store.database.backend.engine, "connect", no_space)
        with pytest.raises(StoreError, match=r"database or disk is full \(free disk space"):
            audit(store, FLAG, *many, hour=1)
        assert (len(store.history.findings(TARGET)), len(store.history.audits(TARGET))) == (1, 1)
        event.remove(store.database.backend.engine, "connect", no_space)
        audit(store, FLAG, *many, hour=2)
        assert len(store.history.findings(TARGET)) == 2001


def test_a_deleted_file_is_an_error(path):
    with open_store(sqlite(path)) as store:
        memory, reconciled = reconciled_in(store, evaluated(FLAG))
        for each in path.parent.glob("auditor.db*"):
            each.unlink()
        with pytest.raises(StoreError, match=r"unable to open database file.*missing"):
            store.audits.record(record(memory, reconciled, evaluated(FLAG)))
    assert not path.exists()


def test_a_replaced_file_is_an_error(path):
    with open_store(sqlite(path)) as store:
        memory, reconciled = reconciled_in(store, evaluated(FLAG))
        for each in path.parent.glob("auditor.db*"):
            each.unlink()
        path.touch()
        with pytest.raises(StoreError, match=r"no such table.*run again"):
            store.audits.record(record(memory, reconciled, evaluated(FLAG)))


def test_an_audit_that_another_one_overtook_is_not_recorded(store):
    audit(store, FLAG)
    memory, reconciled = reconciled_in(store, evaluated(), 1)
    audit(store, FLAG, hour=2)
    with pytest.raises(StoreError, match='another audit of "production" was recorded during'):
        store.audits.record(record(memory, reconciled, evaluated(), 1))
    assert [run.at for run in store.history.audits(TARGET)] == [hours(0), hours(2)]


@pytest.mark.postgres
def test_a_server_that_stops_during_an_audit_is_a_clear_error():
    with running_postgres() as postgres:
        url = postgres.create_database()
        with open_store(url, migrate=True) as store, store.targets.lease(TARGET):
            audit(store, FLAG)
            memory, reconciled = reconciled_in(store, evaluated(), 1)
            drop_connections(postgres.conninfo("postgres"))
            store.audits.record(record(memory, reconciled, evaluated(), 1))
            with psycopg.connect(postgres.conninfo("postgres"), autocommit=True) as connection:
                connection.execute("ALTER DATABASE test_1 ALLOW_CONNECTIONS false")
            drop_connections(postgres.conninfo("postgres"))
            with pytest.raises(StoreError, match="check that the server is up"):
                audit(store, FLAG, hour=2)
            with psycopg.connect(postgres.conninfo("postgres"), autocommit=True) as connection:
                connection.execute("ALTER DATABASE test_1 ALLOW_CONNECTIONS true")
        with open_store(url) as store:
            assert len(store.history.audits(TARGET)) == 2
            audit(store, FLAG, hour=3)


def drop_connections(conninfo) -> None:
    """Cut every connection to every database, as a restart does."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@pytest.mark.postgres
def test_a_database_without_tables_is_reported_with_the_fix(postgres_url):
    with open_store(postgres_url, migrate=True) as store:
        with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("DROP TABLE finding CASCADE")
        with pytest.raises(StoreError, match=r'relation "finding" does not exist.*db upgrade'):
            store.history.findings(TARGET)


@pytest.mark.postgres
def test_a_read_only_replica_is_reported_as_such(postgres_url):
    with open_store(postgres_url, migrate=True):
        pass
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        name = postgres_url.rpartition("/")[2]
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with (
        open_store(postgres_url) as store,
        pytest.raises(StoreError, match=r"read-only transaction.*set store.url to the primary"),
    ):
        audit(store, FLAG)
