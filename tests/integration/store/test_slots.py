from concurrent.futures import ThreadPoolExecutor

from auditor.store import open_store
from tests.support.builders.audits import TARGET
from tests.support.builders.findings import hours


def test_a_slot_is_taken_once(store):
    assert store.targets.take_slot(TARGET, "audit", hours(1))
    assert not store.targets.take_slot(TARGET, "audit", hours(1))


def test_other_jobs_times_and_targets_are_other_slots(store):
    assert store.targets.take_slot(TARGET, "audit", hours(1))
    assert store.targets.take_slot(TARGET, "report", hours(1))
    assert store.targets.take_slot(TARGET, "audit", hours(2))
    assert store.targets.take_slot("another", "audit", hours(1))


def test_of_many_schedulers_one_takes_a_slot(store, url):
    store.targets.take_slot(TARGET, "audit", hours(0))

    def take(_):
        with open_store(url) as mine:
            return mine.targets.take_slot(TARGET, "audit", hours(1))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 1
