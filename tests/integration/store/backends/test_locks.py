import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import StaticPool, create_engine

from auditor.errors import StoreError
from auditor.store import open_store
from auditor.store.backends.database import open_database
from auditor.store.backends.lock_holder import LOCK_TABLE
from tests.support.builders.audits import TARGET, audit

NOW = timedelta()
LONG = timedelta(minutes=5)


def test_a_second_audit_of_a_target_ends_with_a_clear_message(store, url):
    with (
        store.targets.lease(TARGET),
        open_store(url) as other,
        pytest.raises(
            StoreError, match=r"another audit of .production. is running in .*--lock-time"
        ),
        other.targets.lease(TARGET, NOW),
    ):
        pytest.fail("two hold one lease")


def test_another_target_is_free(store, url):
    with store.targets.lease(TARGET), open_store(url) as other, other.targets.lease("another", NOW):
        pass


def test_a_second_audit_that_waits_gets_the_lock(store, url):
    waiting, done = Event(), Event()

    def wait():
        with open_store(url) as other:
            waiting.set()
            with other.targets.lease(TARGET, LONG):
                done.set()

    thread = Thread(target=wait)
    with store.targets.lease(TARGET):
        thread.start()
        waiting.wait()
        assert not done.is_set()
    thread.join()
    assert done.is_set()


def test_a_lease_ends_with_an_error_inside_it(store, url):
    with pytest.raises(ZeroDivisionError), store.targets.lease(TARGET):
        _ = 1 / 0
    with open_store(url) as other, other.targets.lease(TARGET, NOW):
        pass


def test_a_new_file_that_another_process_is_creating_is_waited_for(tmp_path):
    path = tmp_path / "new.db"
    failed, begun = [], Event()

    def begin():
        begun.set()
        try:
            with open_store(f"sqlite:///{path}") as store:
                store.audits.recall(TARGET)
        except StoreError as error:
            failed.append(error)

    maker = sqlite3.connect(path, isolation_level=None)
    maker.execute("BEGIN IMMEDIATE")
    thread = Thread(target=begin)
    thread.start()
    begun.wait()
    thread.join(0.5)  # long enough for the other process to find it
    assert thread.is_alive() or failed
    maker.execute("COMMIT")
    maker.close()
    thread.join()
    assert failed == []


LOCK_FILE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(not LOCK_TABLE.exists(), reason="only Linux lists the locks")
def test_a_file_that_another_process_locks_is_an_error_with_the_process(tmp_path):
    path = tmp_path / "auditor.db"
    with open_store(f"sqlite:///{path}", busy_timeout=NOW) as store:
        command = [sys.executable, "-c", LOCK_FILE, str(path)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe) as holder:
            assert holder.stdout
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(StoreError, match=f"locked .process {holder.pid} locks the file"):
                audit(store, hour=0)
            holder.communicate(b"\n")
        audit(store, hour=0)


@pytest.mark.parametrize(
    ("wanted", "milliseconds"),
    [(None, 30_000), (timedelta(hours=1), 30_000), (timedelta(seconds=9), 9_000), (NOW, 5_000)],
)
def test_a_locked_file_is_waited_for_as_long_as_wanted(tmp_path, wanted, milliseconds):
    """At least as long as the longest transaction of another audit, and at most 30 s."""
    url = f"sqlite:///{tmp_path}/auditor.db"
    with open_database(url, busy_timeout=wanted) as database, database.reading() as connection:
        found = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    assert found == milliseconds


WRITE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from auditor.store import open_store
from tests.support.builders.audits import audit
from tests.support.builders.findings import finding

def write(target):
    for hour in range(5):
        with open_store(sys.argv[1]) as store, store.targets.lease(target):
            audit(store, finding(), target=target, hour=hour)

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor() as threads:
    list(threads.map(write, sys.argv[2:]))
"""


def test_threads_and_processes_that_create_one_file_at_once_lose_nothing(tmp_path):
    """SQLite's locks vanish when a process closes any other descriptor of the file."""
    url = f"sqlite:///{tmp_path}/new.db"
    targets = [[f"{process}-{thread}" for thread in range(3)] for process in range(3)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, url, *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[4],
        )
        for names in targets
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    errors = [writer.communicate()[1] for writer in writers]
    assert errors == [""] * len(writers)
    with open_store(url) as store:
        runs = {name: len(store.history.audits(name)) for names in targets for name in names}
    assert set(runs.values()) == {5}


def test_a_link_to_a_file_that_does_not_exist_yet_creates_that_file(tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "data.db")
    with open_store(f"sqlite:///{tmp_path}/link.db") as store:
        store.audits.recall(TARGET)
    assert (tmp_path / "data.db").stat().st_mode & 0o777 == 0o600


HOLD = """
import sys
from auditor.store import open_store
with open_store(sys.argv[1]) as store, store.targets.lease(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lease_ends_when_its_holder_is_killed(store, url):
    command = [sys.executable, "-c", HOLD, url, TARGET]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match="is running"), store.targets.lease(TARGET, NOW):
            pytest.fail("two hold one lease")
        holder.kill()
        with store.targets.lease(TARGET, LONG):
            pass


@pytest.mark.postgres
def test_a_pooler_in_transaction_mode_is_named_and_refused(postgres_url):
    """Such a pooler gives one session of the server to two connections of the auditor."""
    with open_store(postgres_url, migrate=True) as store:
        backend: Any = store.database.backend
        backend.engine.dispose()
        shared = create_engine(postgres_url, poolclass=StaticPool, isolation_level="AUTOCOMMIT")
        backend.engine = backend.lock_engine = shared
        with (
            pytest.raises(StoreError, match=r"pooler in transaction mode, such as PgBouncer"),
            store.targets.lease(TARGET),
        ):
            pytest.fail("a lock without a session of its own")
        shared.dispose()
