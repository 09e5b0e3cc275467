"""A scheduled job runs once; a slot whose process dies is not done."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from auditor.store import open_store
from tests.support.builders.audits import TARGET
from tests.support.builders.findings import hours
from tests.support.processes.killed_processes import KILLED, in_a_child


def do(store, job="report", slot=1, target=TARGET) -> bool:
    """Do the work of a slot; return whether it was free and not done."""
    with store.targets.job_slot(target, job, hours(slot), now=lambda: hours(9)) as is_due:
        return bool(is_due)


def test_a_slot_is_done_once(store):
    assert do(store)
    assert not do(store)


def test_other_jobs_times_and_targets_are_other_slots(store):
    assert do(store)
    assert do(store, job="audit")
    assert do(store, slot=2)
    assert do(store, target="another")


def test_a_slot_that_another_process_holds_is_not_due(store, url):
    with (
        store.targets.job_slot(TARGET, "report", hours(1), now=lambda: hours(9)) as is_due,
        open_store(url) as other,
    ):
        assert is_due
        assert not do(other)


def test_a_slot_whose_work_failed_is_due_again(store):
    with (
        pytest.raises(ZeroDivisionError),
        store.targets.job_slot(TARGET, "report", hours(1), now=lambda: hours(9)),
    ):
        _ = 1 / 0
    assert do(store)


def test_a_slot_whose_process_was_killed_is_due_again(store, url):
    def die() -> None:
        with (
            open_store(url) as other,
            other.targets.job_slot(TARGET, "report", hours(1), now=lambda: hours(9)),
        ):
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_child(die) == KILLED
    assert do(store)


def test_one_of_many_schedulers_does_a_slot(url):
    with open_store(url, migrate=True):
        pass
    together = Barrier(8)

    def take(_):
        with open_store(url) as store:
            together.wait()
            return do(store)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 1
