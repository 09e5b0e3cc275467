from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec

from auditor.engine.incidents.notification import Notification
from auditor.store import open_store
from tests.support.builders.audits import audit, said
from tests.support.builders.findings import finding, hours

MINUTE = timedelta(minutes=1)


def busy(store, count: int = 3) -> None:
    """Live through runs that each have something to tell."""
    for hour in range(count):
        audit(store, finding(subject=f"flag-{hour}"), hour=hour)


def test_what_a_run_has_to_tell_waits_in_the_outbox(store):
    busy(store, 1)
    (item,) = store.outbox.claim(10, at=hours(1))
    assert msgspec.convert(item.payload, Notification) == said(hours(0))
    assert (item.channel, item.attempts, item.uncertain) == ("slack", 1, False)


def test_each_channel_is_told_for_itself(store):
    audit(store, finding(), channels=("slack", "webhook"))
    slack, webhook = store.outbox.claim(10, at=hours(0))
    assert slack.payload == webhook.payload
    store.outbox.delivered(slack, {"ts": "1.2"}, at=hours(0))
    store.outbox.retry(webhook, "503", at=hours(0), retry_at=hours(1))
    assert [item.channel for item in store.outbox.claim(10, at=hours(1))] == ["webhook"]


def test_a_run_without_channels_leaves_nothing_to_tell(store):
    audit(store, finding(), channels=())
    assert store.outbox.backlog().waiting == 0


def test_the_oldest_is_told_first(store):
    busy(store)
    items = store.outbox.claim(2, at=hours(5))
    assert [item.created_at for item in items] == [hours(0), hours(1)]


def test_what_one_has_claimed_another_does_not_get(store):
    busy(store)
    store.outbox.claim(2, at=hours(5))
    assert len(store.outbox.claim(10, at=hours(5))) == 1


def test_many_claim_at_once_and_each_gets_something_else(store, url):
    busy(store, 20)

    def claim(_):
        with open_store(url) as mine:
            return [item.id for item in mine.outbox.claim(3, at=hours(30))]

    with ThreadPoolExecutor(8) as pool:
        taken = [id_ for ids in pool.map(claim, range(8)) for id_ in ids]
    assert len(taken) == len(set(taken)) >= 18


def test_what_was_told_is_never_claimed_again(store):
    busy(store, 1)
    (item,) = store.outbox.claim(1, at=hours(1))
    store.outbox.delivered(item, {"ts": "1.2"}, at=hours(1))
    assert store.outbox.claim(1, at=hours(99)) == ()
    assert store.outbox.backlog().waiting == 0


def test_a_failure_waits_for_its_retry_and_says_what_happened(store):
    busy(store, 1)
    (item,) = store.outbox.claim(1, at=hours(1))
    store.outbox.retry(item, "slack: ratelimited", at=hours(1), retry_at=hours(2))
    assert store.outbox.claim(1, at=hours(2) - MINUTE) == ()
    (again,) = store.outbox.claim(1, at=hours(2))
    assert (again.attempts, again.error, again.uncertain) == (2, "slack: ratelimited", False)
    assert again.key == item.key


def test_whoever_dies_over_an_item_leaves_it_in_doubt(store):
    busy(store, 1)
    store.outbox.claim(1, at=hours(1), hold=5 * MINUTE)
    assert store.outbox.claim(1, at=hours(1) + 4 * MINUTE) == ()
    (again,) = store.outbox.claim(1, at=hours(1) + 5 * MINUTE)
    assert again.uncertain
    assert store.outbox.backlog().uncertain == 1


def test_an_answer_that_was_lost_leaves_it_in_doubt_until_it_is_told(store):
    busy(store, 1)
    (item,) = store.outbox.claim(1, at=hours(1))
    store.outbox.retry(item, "no answer", at=hours(1), retry_at=hours(2), uncertain=True)
    (again,) = store.outbox.claim(1, at=hours(2))
    assert again.uncertain
    store.outbox.delivered(again, {}, at=hours(2))
    assert store.outbox.backlog().uncertain == 0


def test_what_is_given_up_stays_to_be_seen(store):
    busy(store, 1)
    (item,) = store.outbox.claim(1, at=hours(1))
    store.outbox.fail(item, "channel_not_found", at=hours(1))
    assert store.outbox.claim(1, at=hours(99)) == ()
    backlog = store.outbox.backlog()
    assert (backlog.waiting, backlog.failed, backlog.oldest_at) == (0, 1, None)


def test_a_clock_that_was_put_back_blocks_neither_claim_nor_retry(store):
    busy(store, 2)
    claimed, failed = store.outbox.claim(2, at=hours(1000))
    store.outbox.retry(failed, "503", at=hours(1000), retry_at=hours(1001))
    assert [item.id for item in store.outbox.claim(2, at=hours(3))] == [claimed.id, failed.id]


def test_whoever_claims_with_an_earlier_time_does_not_get_what_is_being_told(store):
    busy(store, 2)
    assert len(store.outbox.claim(2, at=hours(3))) == 2
    assert store.outbox.claim(2, at=hours(3) - timedelta(seconds=5)) == ()


def test_the_backlog_says_how_long_the_oldest_waits(store):
    busy(store)
    backlog = store.outbox.backlog()
    assert (backlog.waiting, backlog.oldest_at) == (3, hours(0))


def test_one_target_can_be_served_alone(store):
    audit(store, finding(), target="one")
    audit(store, finding(), target="two")
    assert [item.target for item in store.outbox.claim(5, at=hours(0), target="two")] == ["two"]


def test_what_failed_is_held_until_it_is_told(store):
    busy(store, 2)
    (item,) = store.outbox.claim(1, at=hours(2))
    store.outbox.retry(item, "503", at=hours(2), retry_at=hours(3))
    for now in (hours(2), hours(4)):  # not yet due, and due: it is untold all the same
        (held,) = store.outbox.held(at=now)
        assert (held.id, held.error, held.retry_at) == (item.id, "503", hours(3))
    (item, _) = store.outbox.claim(2, at=hours(4))
    assert store.outbox.held(at=hours(4)) == (), "it is just being told"
    store.outbox.delivered(item, {}, at=hours(4))
    assert store.outbox.held(at=hours(5)) == ()


def test_what_is_held_can_be_asked_of_some_targets(store):
    for target in ("one", "two"):
        audit(store, finding(), target=target)
    for item in store.outbox.claim(2, at=hours(0)):
        store.outbox.retry(item, item.target, at=hours(0), retry_at=hours(1))
    assert [each.error for each in store.outbox.held(at=hours(0), targets=["two"])] == ["two"]
    assert len(store.outbox.held(at=hours(0))) == 2
    assert store.outbox.held(at=hours(0), targets=[]) == ()
