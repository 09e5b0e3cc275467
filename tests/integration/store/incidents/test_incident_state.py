from msgspec.structs import replace

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.incidents.incident import NotifiedState
from auditor.store import Thread
from tests.support.builders.audits import TARGET, audit, notification
from tests.support.builders.findings import finding, hours

ROOT = Thread(
    target=TARGET,
    channel="slack",
    key="email-not-login",
    channel_id="C1",
    ts="1.2",
    shows="abc",
    outbox_id=1,
    at=hours(0),
)
NOTIFIED = NotifiedState(audited_at=hours(0), warned=("pat/2026-02-01",))


def test_the_address_of_a_message_is_stored(store):
    assert store.incidents.threads(TARGET, ROOT.key) == ()
    store.incidents.keep_thread(ROOT)
    assert store.incidents.threads(TARGET, ROOT.key) == (ROOT,)
    assert store.incidents.threads(TARGET, "another") == ()


def test_the_thread_of_a_message_is_found_by_its_address(store):
    store.incidents.keep_thread(ROOT)
    assert store.incidents.thread_at("C1", "1.2") == (TARGET, ROOT.key)
    assert store.incidents.thread_at("C1", "1.3") is None
    assert store.incidents.thread_at("C2", "1.2") is None


def test_an_edited_message_keeps_its_address(store):
    edited = replace(ROOT, shows="def", outbox_id=2, at=hours(1))
    for thread in (ROOT, edited):
        store.incidents.keep_thread(thread)
    assert store.incidents.threads(TARGET, ROOT.key) == (edited,)


def test_each_channel_has_its_own_thread(store):
    for channel in ("slack", "pager"):
        store.incidents.keep_thread(replace(ROOT, channel=channel))
    assert [each.channel for each in store.incidents.threads(TARGET, ROOT.key)] == [
        "pager",
        "slack",
    ]


def test_the_notified_state_is_known_to_the_next_audit(store):
    audit(store, finding(), notified_state=NOTIFIED)
    assert (
        store.audits.recall(TARGET).notified_state
        == store.incidents.notified_state(TARGET)
        == NOTIFIED
    )


def test_an_audit_without_notifications_keeps_the_notified_state(store):
    audit(store, finding(), notified_state=NOTIFIED)
    audit(store, hour=1)
    assert store.audits.recall(TARGET).notified_state == NOTIFIED


def test_a_notification_between_audits_changes_the_notified_state(store):
    audit(store, seen=None)
    for _ in range(2):
        store.outbox.enqueue(
            TARGET,
            [notification(hours(1))],
            ["slack", "pager"],
            at=hours(1),
            notified_state=NOTIFIED,
        )
    with store.outbox.delivery([TARGET], ["slack", "pager"]) as claims:
        items = claims.claim(9, at=hours(1))
    assert [(item.channel, item.key) for item in items] == [
        ("slack", "notice"),
        ("pager", "notice"),
    ]
    assert store.incidents.notified_state(TARGET) == NOTIFIED


def test_a_target_that_was_never_audited_has_no_notified_state(store):
    assert store.incidents.notified_state("unheard-of") is None
    assert store.audits.recall("unheard-of") == PreviousAudits()
