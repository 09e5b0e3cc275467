"""The delays of leavers and joiners between audits: merged, bounded, pruned and forgotten."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from auditor.store import access_delays
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import hours


def leaver(user: str = "00u1", hour: float = 1, *, until: float | None = None) -> AccessDelay:
    return AccessDelay(
        kind=DelayKind.LEAVER,
        user=user,
        at=hours(hour),
        changed_at=hours(hour),
        ended_at=None if until is None else hours(until),
        is_over=until is not None,
    )


def keep(store, *delays: AccessDelay, hour: float) -> None:
    audit(store, hour=hour, access_delays=delays)


def test_a_later_audit_adds_a_stage_and_removes_none(store):
    keep(store, leaver(), leaver("00u2"), hour=2)
    assert store.delays.waiting(TARGET) == (leaver(), leaver("00u2"))
    keep(store, leaver(until=3), hour=4)
    keep(store, replace(leaver(), is_over=True), hour=5)
    assert store.delays.since(TARGET, hours(0)) == (leaver(until=3), leaver("00u2"))
    assert store.delays.waiting(TARGET) == (leaver("00u2"),)


def test_a_period_holds_what_began_ended_or_waited_in_it(store):
    long_ago, ended_now = leaver("00u1", 1, until=2), leaver("00u2", 1, until=50)
    waits = leaver("00u3", 1)
    keep(store, long_ago, ended_now, waits, hour=51)
    assert store.delays.since(TARGET, hours(40)) == (ended_now, waits)
    assert store.delays.since("another", hours(0)) == ()


def test_old_delays_are_pruned_unless_the_user_still_waits(store):
    over, waits, recent = leaver("00u1", 1, until=2), leaver("00u2", 1), leaver("00u3", 1, until=90)
    keep(store, over, waits, recent, hour=100)
    assert store.retention.prune(TARGET, at=hours(100), keep=timedelta(hours=48))
    assert store.delays.since(TARGET, hours(0)) == (waits, recent)


def test_the_delays_of_a_forgotten_user_are_deleted(store):
    keep(store, leaver("00u1"), leaver("00u2"), replace(leaver("00u3"), account="77"), hour=2)
    assert store.retention.forget("00u1") == 1
    assert store.retention.forget("77") == 1
    assert store.delays.since(TARGET, hours(0)) == (leaver("00u2"),)


def test_the_oldest_delays_are_dropped_beyond_the_limit(store, monkeypatch):
    monkeypatch.setattr(access_delays, "MAX_ACCESS_DELAYS", 2)
    keep(store, *(leaver(f"00u{number}", number) for number in range(4)), hour=5)
    found = store.delays.since(TARGET, hours(0))
    assert [each.user for each in found] == ["00u2", "00u3"]


def test_more_delays_than_one_statement_can_hold_are_written(store):
    many = tuple(leaver(f"00u{number:04}", until=number + 2) for number in range(2_500))
    keep(store, *many, hour=5)
    keep(store, *many, hour=6)
    assert store.delays.since(TARGET, hours(0)) == many


@pytest.mark.parametrize("user", ["00u\0", "00u' OR 1=1"])
def test_ids_are_data(store, user):
    keep(store, leaver(user), hour=2)
    keep(store, leaver(user, until=3), hour=4)
    (found,) = store.delays.since(TARGET, hours(0))
    assert found.is_over
