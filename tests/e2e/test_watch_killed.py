"""A watch that is killed before any write loses nothing, and sends and starts nothing twice."""

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from auditor.sandbox import Sandbox, World
from auditor.store import open_store
from tests.support.processes.killed_processes import KILLED, in_a_child
from tests.support.watching import WatchedSandbox

MIN_WRITES = 25
"""Writes and commits of a poll, a targeted audit, its delivery and the full audit that follows."""

PARTS = 4
"""The writes are split into so many tests, which run at the same time."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return what creates a database, and returns its URL."""
    if request.param == "sqlite":
        numbers = count(1)
        return lambda: f"sqlite:///{tmp_path}/{next(numbers)}.db"

    def create() -> str:
        url: str = request.getfixturevalue("postgres").create_database()
        with open_store(url, migrate=True):
            return url

    return create


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
    tmp_path: Path, new_database: Callable[[], str], first: int
) -> None:
    ended = KILLED
    for step in count(first, PARTS):
        with Sandbox(World.clean(people=4)) as sandbox:
            folder = tmp_path / str(step)
            folder.mkdir()
            watched = WatchedSandbox(sandbox, folder, new_database())
            watched.audit()
            watched.run(watched.watch(), minutes=1)
            sandbox.world.map_attribute("user", "email", "user.email")
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
def test_two_replicas_after_a_kill_do_the_work_once(
    tmp_path: Path, new_database: Callable[[], str], step: int
) -> None:
    with Sandbox(World.clean(people=4)) as sandbox:
        watched = WatchedSandbox(sandbox, tmp_path, new_database())
        watched.audit()
        watched.run(watched.watch(), minutes=1)
        sandbox.world.map_attribute("user", "email", "user.email")
        assert killed_at(watched, step) == KILLED
        replicas = [watched.watch() for _ in "ab"]
        for _ in range(60):
            for each in replicas:
                watched.run(each, seconds=10)
        assert_done_once(watched, step)
