"""Actions in the store: each is kept once, and its effect and its outcome are one transaction."""

import pytest
from msgspec.structs import replace

from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.incident_action import ActionKind, ActionOutcome
from auditor.engine.incidents.notification import Notice, Notification
from auditor.engine.incidents.notification_decision import Decision
from tests.support.builders.actions import action, done
from tests.support.builders.findings import START, hours
from tests.support.stores import CHANNELS, claimed

EFFECT = Decision(
    notifications=(
        Notification(
            key="k", thread="t", target="production", at=START, about=Notice(title="Acknowledged")
        ),
    ),
    notified_state=NotifiedState(audited_at=START, warned=("effect",)),
)


def test_an_action_that_arrives_twice_is_kept_once(store):
    asked = action("c1", key="U1/acknowledge/1.2")
    assert store.actions.add(asked)
    assert not store.actions.add(replace(asked, reason="again"))
    assert store.actions.waiting(["production"]) == (asked,)
    assert store.actions.waiting(["staging"]) == ()


def test_the_same_key_on_another_target_is_another_action(store):
    assert store.actions.add(action("c1"))
    assert store.actions.add(action("c1", target="staging"))


def test_an_action_has_its_effect_once(store):
    store.actions.add(action("c1"))
    ended = done("c1", note="x")
    assert store.actions.end(ended, at=hours(1), decision=EFFECT, channels=CHANNELS)
    assert not store.actions.end(ended, at=hours(2), decision=EFFECT, channels=("other",))
    assert store.actions.waiting(["production"]) == ()
    (kept,) = store.actions.of("production")
    assert (kept.outcome, kept.ended_at, kept.note) == (ActionOutcome.DONE, hours(1), "x")
    assert store.incidents.notified_state("production") == EFFECT.notified_state
    assert [each.channel for each in claimed(store, hours(1))] == list(CHANNELS)


def test_an_action_that_did_not_wait_is_stored_with_its_effect(store):
    assert store.actions.end(done("c1"), at=hours(1), decision=EFFECT, channels=CHANNELS)
    assert [each.kind for each in store.actions.of("production")] == [ActionKind.ACKNOWLEDGE]


def test_an_effect_that_cannot_be_stored_leaves_the_action_waiting(store):
    store.actions.add(action("c1"))
    broken = replace(EFFECT, notifications=(replace(EFFECT.notifications[0], key=None),))
    with pytest.raises(Exception, match="key"):
        store.actions.end(done("c1"), at=hours(1), decision=broken, channels=CHANNELS)
    assert len(store.actions.waiting(["production"])) == 1


def test_actions_are_listed_by_period(store):
    for hour in (3, 1, 2):
        store.actions.end(done("c1", key=str(hour), at=hours(hour)), at=hours(hour))
    assert [each.key for each in store.actions.of("production")] == ["1", "2", "3"]
    between = store.actions.of("production", since=hours(2), until=hours(2))
    assert [each.key for each in between] == ["2"]


def test_the_last_recheck_is_found_over_several_targets(store):
    targets = ("production", "staging")
    assert store.actions.last(ActionKind.RECHECK, targets) is None
    for hour, target in ((1, "staging"), (2, "production"), (3, "other")):
        asked = done("c1", ActionKind.RECHECK, key=str(hour), target=target)
        store.actions.end(asked, at=hours(hour))
    store.actions.end(done("c1", key="ack"), at=hours(9))
    refused = action("c1", ActionKind.RECHECK, key="no", outcome=ActionOutcome.REFUSED)
    store.actions.end(refused, at=hours(9))
    last = store.actions.last(ActionKind.RECHECK, targets)
    assert last
    assert last.key == "2"


def test_a_shown_list_is_found_by_its_message_and_its_user(store):
    shown = done("c1", ActionKind.SHOW_AFFECTED, slack_user="U1", channel_id="C1", shown_ts="7.1")
    store.actions.end(shown, at=hours(1))
    found = store.actions.showing("C1", "7.1", "U1")
    assert found
    assert found.incident == "c1"
    for place in (("C2", "7.1", "U1"), ("C1", "7.2", "U1"), ("C1", "7.1", "U2"), ("C1", "", "U1")):
        assert store.actions.showing(*place) is None


def test_old_actions_are_pruned_and_people_are_forgotten(store):
    store.actions.end(done("c1", by="Ada Byron", at=hours(1)), at=hours(1))
    store.actions.end(done("c1", by="Ada Byron", key="2", at=hours(99)), at=hours(99))
    assert store.retention.forget("Ada Byron") == 2
    assert {each.by for each in store.actions.of("production")} == {"(forgotten)"}
    assert store.retention.prune("production", at=hours(24 * 9), keep=hours(24 * 6) - START)
    assert [each.key for each in store.actions.of("production")] == ["2"]


def test_a_verified_permission_is_kept_with_the_action(store):
    asked = action("c1", by="", slack_user="U1")
    store.actions.add(asked)
    permitted = replace(asked, by="Ada", permitted_at=hours(1))
    store.actions.permit(permitted)
    assert store.actions.waiting(["production"]) == (permitted,)


def test_one_process_answers_slack_at_a_time(store):
    with store.actions.answering() as first, store.actions.answering() as second:
        assert (first, second) == (True, False)
    with store.actions.answering() as is_ours:
        assert is_ours
