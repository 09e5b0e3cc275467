"""The outbox: each notification is claimed by one process, and none is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import msgspec
import pytest

from auditor.engine.incidents.notification import Notification
from auditor.store import open_store
from tests.support.builders.audits import audit, notification
from tests.support.builders.findings import finding, hours
from tests.support.processes.killed_processes import in_a_child
from tests.support.stores import claimed, delivery

MINUTE = timedelta(minutes=1)


def notify(store, count: int = 3, **more) -> None:
    """Do audits that have one notification each."""
    for hour in range(count):
        audit(store, finding(subject=f"flag-{hour}"), hour=hour, **more)


def test_a_notification_of_an_audit_waits_in_the_outbox(store):
    notify(store, 1)
    (item,) = claimed(store, hours(1))
    assert msgspec.convert(item.payload, Notification) == notification(hours(0))
    assert (item.channel, item.attempts, item.uncertain) == ("slack", 1, False)


def test_each_channel_has_its_own_item(store):
    audit(store, finding(), channels=("slack", "webhook"))
    with delivery(store) as claims:
        slack, webhook = claims.claim(10, at=hours(0))
        assert slack.payload == webhook.payload
        claims.delivered(slack, {"ts": "1.2"}, at=hours(0))
        claims.retry(webhook, "503", at=hours(0), retry_at=hours(1))
        assert [item.channel for item in claims.claim(10, at=hours(1))] == ["webhook"]


def test_an_audit_without_channels_has_no_item(store):
    audit(store, finding(), channels=())
    assert store.outbox.backlog().waiting == 0


def test_the_oldest_item_is_claimed_first(store):
    notify(store)
    items = claimed(store, hours(5), limit=2)
    assert [item.created_at for item in items] == [hours(0), hours(1)]


def test_an_item_that_one_process_has_claimed_is_not_claimed_by_another(store, url):
    notify(store)
    with delivery(store) as first, open_store(url) as other, delivery(other) as second:
        first.claim(2, at=hours(5))
        assert len(second.claim(10, at=hours(5))) == 1


def test_deliveries_at_the_same_time_claim_different_items(store, url):
    notify(store, 20)
    together = Barrier(8)

    def claim(_):
        with open_store(url) as mine, delivery(mine) as claims:
            ids = [item.id for item in claims.claim(3, at=hours(30))]
            together.wait()
            return ids

    with ThreadPoolExecutor(8) as pool:
        ids = [id_ for some in pool.map(claim, range(8)) for id_ in some]
    assert len(ids) == len(set(ids)) >= 18


@pytest.mark.parametrize("answer", ["delivered", "fail"])
def test_a_final_answer_is_final(store, answer):
    notify(store, 1)
    with delivery(store) as claims:
        (item,) = claims.claim(1, at=hours(1))
        getattr(claims, answer)(item, {} if answer == "delivered" else "refused", at=hours(1))
    assert claimed(store, hours(99)) == ()
    backlog = store.outbox.backlog()
    assert (backlog.waiting, backlog.oldest_at) == (0, None)
    assert backlog.failed == (answer == "fail")


def test_a_failure_is_due_again_at_its_next_attempt(store):
    notify(store, 1)
    with delivery(store) as claims:
        (item,) = claims.claim(1, at=hours(1))
        claims.retry(item, "slack: ratelimited", at=hours(1), retry_at=hours(2))
        assert claims.claim(1, at=hours(2) - MINUTE) == ()
        (again,) = claims.claim(1, at=hours(2))
    assert (again.attempts, again.error, again.uncertain) == (2, "slack: ratelimited", False)
    assert again.key == item.key


def test_a_claim_ends_with_its_delivery_and_leaves_the_item_uncertain(store):
    notify(store, 1)
    claimed(store, hours(1))
    (again,) = claimed(store, hours(1))
    assert again.uncertain
    assert store.outbox.backlog().uncertain == 1


def test_a_lost_answer_leaves_the_item_uncertain_until_it_is_delivered(store):
    notify(store, 1)
    with delivery(store) as claims:
        (item,) = claims.claim(1, at=hours(1))
        claims.retry(item, "no answer", at=hours(1), retry_at=hours(2), uncertain=True)
        (again,) = claims.claim(1, at=hours(2))
        assert again.uncertain
        claims.delivered(again, {}, at=hours(2))
    assert store.outbox.backlog().uncertain == 0


@pytest.mark.parametrize("answer", ["delivered", "retry", "fail"])
def test_a_late_answer_does_not_end_the_claim_of_the_next_process(store, answer):
    notify(store, 1)
    with delivery(store) as late:
        (item,) = late.claim(1, at=hours(1))
    with delivery(store) as current:
        (again,) = current.claim(1, at=hours(1))
        if answer == "delivered":
            late.delivered(item, {"ts": "late"}, at=hours(2))
        elif answer == "retry":
            late.retry(item, "late", at=hours(2), retry_at=hours(3))
        else:
            late.fail(item, "late", at=hours(2))
        with delivery(store) as third:
            assert third.claim(1, at=hours(9)) == ()
        current.delivered(again, {"ts": "current"}, at=hours(2))
    backlog = store.outbox.backlog()
    assert (backlog.waiting, backlog.failed) == (0, 0)


def test_a_clock_that_was_set_back_does_not_delay_an_attempt(store):
    notify(store, 1)
    with delivery(store) as claims:
        (item,) = claims.claim(1, at=hours(1000))
        claims.retry(item, "503", at=hours(1000), retry_at=hours(1001))
    assert [each.id for each in claimed(store, hours(3))] == [item.id]


def test_the_backlog_states_how_long_the_oldest_item_waits(store):
    notify(store)
    backlog = store.outbox.backlog()
    assert (backlog.waiting, backlog.oldest_at) == (3, hours(0))


def test_a_claimed_item_counts_as_waiting(store):
    notify(store, 1)
    with delivery(store) as claims:
        claims.claim(1, at=hours(1))
        assert store.outbox.backlog().waiting == 1


def test_two_configurations_that_share_a_store_claim_only_their_own_items(store):
    audit(store, finding(), target="one", channels=("slack",))
    audit(store, finding(), target="two", channels=("slack", "pager"))
    with delivery(store, "two", channels=("slack",)) as claims:
        (item,) = claims.claim(9, at=hours(9))
        assert (item.target, item.channel) == ("two", "slack")
        assert claims.claim(9, at=hours(9)) == ()
    with delivery(store, "one", channels=("pager",)) as claims:
        assert claims.claim(9, at=hours(9)) == ()


def test_an_item_of_an_unknown_channel_waits_and_is_reported_with_the_fix(store):
    audit(store, finding(), channels=("pager",))
    with delivery(store, channels=("slack",)) as claims:
        assert claims.claim(9, at=hours(9)) == ()
        (held,) = claims.held()
    assert held.error.startswith("pager: the configuration does not contain this channel (add")
    backlog = store.outbox.backlog()
    assert (backlog.waiting, backlog.failed) == (1, 0)


def test_a_failed_item_is_held_until_it_is_delivered(store):
    notify(store, 2)
    with delivery(store) as claims:
        (item,) = claims.claim(1, at=hours(2))
        claims.retry(item, "503", at=hours(2), retry_at=hours(3))
        failed, untried = claims.held()
        assert (failed.id, failed.error, failed.retry_at) == (item.id, "503", hours(3))
        assert untried.error == "slack: not tried yet"
        for each in claims.claim(2, at=hours(4)):
            claims.delivered(each, {}, at=hours(4))
        assert claims.held() == ()


def test_an_item_that_another_process_delivers_is_held_and_names_the_process(store, url):
    notify(store, 1)

    def deliver() -> None:
        with open_store(url) as other, delivery(other) as claims:
            claims.claim(1, at=hours(1))
            seen = in_a_child(read_held)
            assert seen == 0

    def read_held() -> None:
        with open_store(url) as other, delivery(other) as claims:
            assert claims.claim(1, at=hours(1)) == ()
            (held,) = claims.held()
            assert "is delivering it" in held.error

    assert in_a_child(deliver) == 0


def test_an_item_that_another_thread_delivers_is_reported_by_that_thread_only(store):
    notify(store, 1)
    with delivery(store) as first, delivery(store) as second:
        first.claim(1, at=hours(1))
        assert second.held() == ()


def test_held_items_can_be_asked_of_some_targets(store):
    for target in ("one", "two"):
        audit(store, finding(), target=target)
    with delivery(store) as claims:
        for item in claims.claim(2, at=hours(0)):
            claims.retry(item, item.target, at=hours(0), retry_at=hours(1))
        assert [each.error for each in claims.held(targets=["two"])] == ["two"]
        assert len(claims.held()) == 2
        assert claims.held(targets=[]) == ()
