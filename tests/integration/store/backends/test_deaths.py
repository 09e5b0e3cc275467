"""An audit that is killed at any statement is stored completely or not at all."""

from itertools import count

from sqlalchemy import NullPool, create_engine, select

from auditor.engine.findings.tracked_findings import State
from auditor.store import open_store
from auditor.store.tables import TableRow
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import finding, hours
from tests.support.processes.killed_processes import (
    KILLED,
    killed_at,
    killed_during_delivery,
    second_run,
)
from tests.support.stored_history import stored_transitions
from tests.support.stores import claimed


def contents(url) -> dict[str, list[str]]:
    """Return every row of every table."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return {
            table.name: sorted(repr(row) for row in connection.execute(select(table)))
            for table in TableRow.metadata.sorted_tables
        }


def test_a_killed_audit_stores_nothing_and_the_next_one_everything(url):
    with open_store(url, migrate=True) as store:
        audit(
            store,
            *(finding(subject=each) for each in ("stays", "goes", "unseen")),
            configuration={"okta.app": {"status": "ACTIVE"}},
        )
    before = contents(url)
    for step in count(1):
        ended = killed_at(step, url)
        if ended != KILLED:
            break
        assert contents(url) == before
    assert (ended, step > 15) == (0, True)
    with open_store(url) as store:
        states = {each.subject: each.state for each in store.history.findings(TARGET, *State)}
        assert states == {
            "new": State.OPEN,
            "stays": State.OPEN,
            "goes": State.RESOLVED,
            "unseen": State.OPEN,
        }
        assert sum(each.at >= hours(1) for each in stored_transitions(store, TARGET)) == 3
        assert store.outbox.backlog().waiting == 2


def test_an_audit_after_a_killed_one_has_the_same_result(url, tmp_path):
    untroubled = f"sqlite:///{tmp_path}/untroubled.db"
    for each in (url, untroubled):
        with open_store(each, migrate=True) as store:
            audit(store, finding(subject="stays"))
    assert killed_at(12, url) == KILLED
    assert killed_at(999, url) == 0
    with open_store(untroubled) as store:
        second_run(store)
        expected = (
            store.history.findings(TARGET, *State),
            stored_transitions(store, TARGET),
        )
    with open_store(url) as store:
        assert (
            store.history.findings(TARGET, *State),
            stored_transitions(store, TARGET),
        ) == expected


def test_the_next_delivery_claims_what_a_killed_process_had_claimed(url):
    with open_store(url, migrate=True) as store:
        audit(store, finding())
    assert killed_during_delivery(url, hours(0)) == KILLED
    with open_store(url) as store:
        (item,) = claimed(store, hours(0))
        assert (item.uncertain, item.attempts) == (True, 2)


def test_nothing_of_a_killed_delivery_stays_beside_the_database(tmp_path):
    url = f"sqlite:///{tmp_path}/auditor.db"
    with open_store(url) as store:
        audit(store, finding())
    assert killed_during_delivery(url, hours(0)) == KILLED
    assert list(tmp_path.glob("*delivery*"))
    with open_store(url) as store:
        claimed(store, hours(0))
    assert not list(tmp_path.glob("*delivery*"))
