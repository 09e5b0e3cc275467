import pytest
from msgspec.structs import replace

from auditor.errors import StoreError
from auditor.store import Incident
from tests.store.living import TARGET
from tests.unit.judging import hours

OPEN = Incident(
    target=TARGET, channel="slack", key="email-not-login", state="open", opened_at=hours(0)
)


def test_an_incident_is_kept_and_changed_in_place(store):
    store.keep_incident(OPEN)
    told = replace(OPEN, channel_id="C1", ts="1.2", payload_hash="abc", reminders=1)
    store.keep_incident(told)
    assert store.incidents(TARGET) == (told,)


def test_each_channel_has_a_thread_of_its_own(store):
    for channel in ("slack", "pager"):
        store.keep_incident(replace(OPEN, channel=channel))
    assert [each.channel for each in store.incidents(TARGET)] == ["pager", "slack"]
    assert [each.channel for each in store.incidents(TARGET, "pager")] == ["pager"]


def test_an_acknowledged_incident_says_by_whom_why_and_until_when(store):
    store.keep_incident(OPEN)
    (acked,) = store.acknowledge(
        TARGET, "email-not-login", by="grace", reason="known", until=hours(48)
    )
    assert store.incidents(TARGET) == (acked,)
    assert (acked.acked_by, acked.acked_reason, acked.acked_until) == ("grace", "known", hours(48))


def test_what_is_no_incident_cannot_be_acknowledged(store):
    store.keep_incident(OPEN)
    with pytest.raises(StoreError, match="no incident 'email-not-lgin'.*'email-not-login'"):
        store.acknowledge(TARGET, "email-not-lgin", by="grace", reason="x", until=hours(1))


def test_of_two_schedulers_one_takes_a_slot(store):
    assert store.take_slot(TARGET, "audit", hours(1))
    assert not store.take_slot(TARGET, "audit", hours(1))
    assert store.take_slot(TARGET, "report", hours(1))
    assert store.take_slot("another", "audit", hours(1))
    assert store.take_slot(TARGET, "audit", hours(2))
