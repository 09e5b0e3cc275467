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
SPOKEN = NotifiedState(audited_at=hours(0), warned=("pat/2026-02-01",))


def test_where_a_message_stands_is_kept(store):
    assert store.incidents.threads(TARGET, ROOT.key) == ()
    store.incidents.keep_thread(ROOT)
    assert store.incidents.threads(TARGET, ROOT.key) == (ROOT,)
    assert store.incidents.threads(TARGET, "another") == ()


def test_a_message_that_is_edited_stays_where_it_is(store):
    edited = replace(ROOT, shows="def", outbox_id=2, at=hours(1))
    for thread in (ROOT, edited):
        store.incidents.keep_thread(thread)
    assert store.incidents.threads(TARGET, ROOT.key) == (edited,)


def test_each_channel_has_a_thread_of_its_own(store):
    for channel in ("slack", "pager"):
        store.incidents.keep_thread(replace(ROOT, channel=channel))
    assert [each.channel for each in store.incidents.threads(TARGET, ROOT.key)] == [
        "pager",
        "slack",
    ]


def test_what_was_told_is_known_to_the_next_run(store):
    audit(store, finding(), notified_state=SPOKEN)
    assert (
        store.audits.recall(TARGET).notified_state
        == store.incidents.notified_state(TARGET)
        == SPOKEN
    )


def test_a_run_that_says_nothing_of_it_leaves_it_as_it_was(store):
    audit(store, finding(), notified_state=SPOKEN)
    audit(store, hour=1)
    assert store.audits.recall(TARGET).notified_state == SPOKEN


def test_what_is_told_between_runs_is_known_with_it(store):
    audit(store, seen=None)
    for _ in range(2):
        store.outbox.enqueue(
            TARGET, [notification(hours(1))], ["slack", "pager"], at=hours(1), notified_state=SPOKEN
        )
    with store.outbox.delivery([TARGET], ["slack", "pager"]) as claims:
        items = claims.claim(9, at=hours(1))
    assert [(item.channel, item.key) for item in items] == [
        ("slack", "notice"),
        ("pager", "notice"),
    ]
    assert store.incidents.notified_state(TARGET) == SPOKEN


def test_nothing_was_told_about_a_target_never_audited(store):
    assert store.incidents.notified_state("unheard-of") is None
    assert store.audits.recall("unheard-of") == PreviousAudits()
