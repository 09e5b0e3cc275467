import pytest

from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.incident_action import (
    ActionKind,
    ActionOutcome,
    action_in_words,
    changes_nothing,
    respond,
)
from auditor.engine.incidents.notification import Incidents
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.notify.slack.message_style import MessageStyle
from auditor.notify.slack.thread_reply import is_broadcast
from auditor.rule.severity import Severity
from tests.support.builders.actions import action, done
from tests.support.builders.findings import START, hours
from tests.support.builders.incidents import incident


def known(severity: Severity = Severity.HIGH) -> NotifiedState:
    before = incident(severity=severity)
    return NotifiedState(audited_at=START, incidents={"c1": before})


def updates(decision):
    (notification,) = decision.notifications
    assert isinstance(notification.about, Incidents)
    return notification.about.updates


def test_an_assignment_gives_the_cause_an_owner():
    decision = respond(known(), action("c1", ActionKind.ASSIGN, owner="IAM"), at=hours(1))
    assert decision.notified_state.owners == {"c1": "IAM"}
    (update,) = updates(decision)
    assert (update.reason, update.by, update.owner.name) == (NotifyReason.ASSIGNED, "Ada", "IAM")


def test_a_user_of_slack_is_the_owner_after_taking_the_incident():
    taken = action("c1", ActionKind.ASSIGN, slack_user="U0ADA")
    decision = respond(known(), taken, at=hours(1))
    owner = decision.notified_state.incidents["c1"].state.owner
    assert owner
    assert (owner.name, owner.slack_user) == ("Ada", "U0ADA")


def test_a_view_of_the_affected_users_changes_no_state():
    before = known()
    decision = respond(before, action("c1", ActionKind.SHOW_AFFECTED), at=hours(1))
    assert decision.notified_state == before
    assert [each.reason for each in updates(decision)] == [NotifyReason.AFFECTED_SHOWN]


@pytest.mark.parametrize("severity", Severity)
def test_an_acknowledgement_of_a_critical_incident_is_broadcast(severity):
    asked = action("c1", reason="x", until=hours(9))
    decision = respond(known(severity), asked, at=hours(1))
    (notification,) = decision.notifications
    shown = is_broadcast(updates(decision), notification, MessageStyle())
    assert shown == (severity is Severity.CRITICAL)


def test_two_actions_at_one_instant_are_two_notifications():
    keys = {
        respond(known(), action("c1", ActionKind.RECHECK, key=key), at=hours(1))
        .notifications[0]
        .key
        for key in ("command/1", "command/2")
    }
    assert len(keys) == 2


def test_a_page_writes_the_end_of_an_acknowledgement_as_its_other_times():
    words = action_in_words(done(until=hours(24)), time=lambda at: f"{at:%-d %b}")
    assert words == "Acknowledged until 6 Jan"


def test_actions_in_words():
    assert [
        action_in_words(each)
        for each in (
            done(until=hours(24), reason="ticket 7"),
            done(until=None),
            done(kind=ActionKind.ASSIGN, owner="IAM"),
            done(kind=ActionKind.SHOW_AFFECTED),
            done(kind=ActionKind.RECHECK, note="still open"),
            action(kind=ActionKind.RECHECK),
            action(kind=ActionKind.ASSIGN, outcome=ActionOutcome.REFUSED, note="Not an operator."),
            action(kind=ActionKind.RECHECK, outcome=ActionOutcome.REFUSED, note="Not open."),
            done(kind=ActionKind.RESUME),
        )
    ] == [
        "Acknowledged until 2026-01-06 09:00 UTC: ticket 7",
        "Acknowledged until it is fixed",
        "Assigned to IAM",
        "Affected users shown",
        "Rechecked: still open",
        "Rechecked (waiting)",
        "Assigned to Ada (refused: Not an operator)",
        "Rechecked (refused: Not open)",
        "Reminders resumed",
    ]


REPEATABLE = {
    "acknowledge": (action("c1", reason="x", until=hours(9)), True),
    "assign": (action("c1", ActionKind.ASSIGN, owner="IAM"), True),
    "resume": (action("c1", ActionKind.RESUME), False),
    "show affected": (action("c1", ActionKind.SHOW_AFFECTED), False),
}


@pytest.mark.parametrize(("asked", "expected"), REPEATABLE.values(), ids=REPEATABLE)
def test_only_a_repeated_setting_changes_nothing(asked, expected):
    before = known()
    assert not changes_nothing(before.incidents["c1"].state, asked)
    after = respond(before, asked, at=hours(1)).notified_state.incidents["c1"].state
    assert changes_nothing(after, asked) is expected


def test_an_end_of_the_acknowledgement_removes_it_and_keeps_the_incident():
    before = known()
    acknowledged = respond(before, action("c1", reason="x", until=hours(9)), at=hours(1))
    (update,) = updates(acknowledged)
    assert update.acknowledgement
    resumed = respond(acknowledged.notified_state, action("c1", ActionKind.RESUME), at=hours(2))
    assert resumed.notified_state.incidents["c1"].state == before.incidents["c1"].state
    assert [each.acknowledgement for each in updates(resumed)] == [None]
