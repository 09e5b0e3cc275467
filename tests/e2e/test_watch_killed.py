"""A watch that is killed before any write loses nothing, and sends and starts nothing twice."""

import copy
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from auditor.sandbox import Sandbox, World
from auditor.store import open_store
from tests.support.peers.postgres_server import Postgres
from tests.support.peers.processes import free_port
from tests.support.processes.killed_processes import KILLED, in_a_child
from tests.support.watching import WatchedSandbox

MIN_WRITES = 25
"""Writes and commits of a poll, a targeted audit, its delivery and the full audit that follows."""

PARTS = 4
"""The writes are split into so many tests, which run at the same time."""


class SqliteFiles:
    """Databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def create(self) -> str:
        return f"sqlite:///{self._folder}/{next(self._numbers)}.db"

    def copy(self, url: str) -> str:
        copied = self.create()
        shutil.copy(*(each.removeprefix("sqlite:///") for each in (url, copied)))
        return copied

    def drop(self, url: str) -> None:
        """Leave the file: it is small, and belongs to the test."""


class PostgresDatabases:
    """Databases of a cluster."""

    def __init__(self, cluster: Postgres) -> None:
        self._cluster = cluster
        self.copy = cluster.copy_database
        self.drop = cluster.drop_database

    def create(self) -> str:
        url = self._cluster.create_database()
        with open_store(url, migrate=True):
            return url


class Scene:
    """A sandbox that is watched, and whose mapping an admin has just broken."""

    def __init__(self, folder: Path, databases: SqliteFiles | PostgresDatabases) -> None:
        self._folder = folder
        self._databases = databases
        self._port = free_port(side_by_side=4)
        self._database = databases.create()
        with Sandbox(World.clean(people=4), port=self._port) as sandbox:
            watched = WatchedSandbox(sandbox, folder, self._database)
            watched.audit()
            watched.run(watched.watch(), minutes=1)
            sandbox.world.map_attribute("user", "email", "user.email")
            self._at = sandbox.world.now
            self._world = copied(sandbox.world)
            self._channels = copy.deepcopy(sandbox.slack.channels)

    @contextmanager
    def repeated(self) -> Iterator[WatchedSandbox]:
        """Yield a copy at the same addresses, with a database of its own."""
        world, database = copied(self._world), self._databases.copy(self._database)
        world.clock.travel(self._at)
        with Sandbox(world, port=self._port) as sandbox:
            sandbox.slack.channels = copy.deepcopy(self._channels)
            sandbox.slack.channel = next(iter(sandbox.slack.channels.values()))
            yield WatchedSandbox(sandbox, self._folder, database)
        self._databases.drop(database)


def copied(world: World) -> World:
    """Copy everything but the lock: no two copies are used at the same time."""
    return copy.deepcopy(world, {id(world.lock): world.lock})


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    if request.param == "sqlite":
        return Scene(tmp_path, SqliteFiles(tmp_path))
    return Scene(tmp_path, PostgresDatabases(request.getfixturevalue("postgres")))


def killed_at(watched: WatchedSandbox, step: int) -> int:
    """Watch in a process that is killed before its ``step``-th write or commit.

    Return the exit code; 0 when there are fewer. A kill before a read leaves the same state.
    """
    steps = count(1)

    def die(*args: object) -> None:
        is_read = len(args) > 1 and str(args[2]).startswith(("SELECT", "PRAGMA"))
        if not is_read and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        # The watch opens the store again and again: on PostgreSQL, each time with a new engine.
        event.listen(Engine, "before_cursor_execute", die)
        event.listen(Engine, "commit", die)
        watched.run(watched.watch(), seconds=81)

    return in_a_child(run)


@pytest.mark.parametrize("first", range(1, PARTS + 1))
def test_a_watch_killed_before_any_write_loses_nothing_and_repeats_nothing(
    scene: Scene, first: int
) -> None:
    ended = KILLED
    for step in count(first, PARTS):
        with scene.repeated() as watched:
            ended = killed_at(watched, step)
            recover(watched)
            assert_done_once(watched, step)
        if ended != KILLED:
            break
    assert (ended, step > MIN_WRITES) == (0, True)


def recover(watched: WatchedSandbox) -> None:
    """Watch in a new process, until the pause after the full audit that was killed is over."""
    watch = watched.watch()
    watched.run(watch, minutes=2)
    watched.world.advance(minutes=16)  # without the polls in between, which take most of the time
    watched.run(watch, minutes=2)


def assert_done_once(watched: WatchedSandbox, step: int) -> None:
    found = watched.findings()
    assert found.keys() == {"email-not-login", "sso-identifier-differs"}, step
    assert not any(each.is_counting for each in found.values()), step
    (change,) = watched.changes()
    assert change.changed_by == "Mira Torres (likely)", step
    assert len(watched.roots()) == 1, step
    with watched.open_store() as store:
        (target,) = store.watch.targets(["sandbox"])
    assert (target.events, target.full_requested_at) == ((), None), step


@pytest.mark.parametrize("step", [5, 20])
def test_two_replicas_after_a_kill_do_the_work_once(scene: Scene, step: int) -> None:
    with scene.repeated() as watched:
        assert killed_at(watched, step) == KILLED
        replicas = [watched.watch() for _ in "ab"]
        for _ in range(60):
            for each in replicas:
                watched.run(each, seconds=10)
        assert_done_once(watched, step)
