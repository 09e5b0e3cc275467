"""Clicks in Slack, answered by `serve` with slack_sdk's own client. Every part is real."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from auditor.engine.diagnostics.health import HealthStatus
from auditor.pipeline.doctor import check_shared
from auditor.sandbox import Sandbox, World
from auditor.serve.slack import slack_answers
from auditor.store import open_store
from tests.support.interactive_slack import (
    GROUP,
    MEMBER,
    OPERATOR,
    OUTSIDER,
    InteractiveInstallation,
    serving_process,
)
from tests.support.processes.service_process import Installation, eventually, installation  # noqa: F401  (a fixture)


@pytest.fixture
def home(installation, monkeypatch):  # noqa: F811
    return InteractiveInstallation(installation, monkeypatch)


@pytest.fixture
def crowded(tmp_path, monkeypatch):
    """A service whose org has more users than one page lists."""
    with Sandbox(World.clean(people=120, at=datetime(2026, 11, 2, 9, 37, tzinfo=UTC))) as sandbox:
        yield InteractiveInstallation(Installation(sandbox, tmp_path), monkeypatch)


def test_an_incident_is_acknowledged_with_a_reason(home):
    root = home.break_push()
    jo = home.clicker()
    with home.serving():
        assert jo.click(root, "acknowledge", "for 7 days").wait()
        eventually(lambda: home.slack.people.views)
        (view,) = home.slack.people.views
        assert view.user == OPERATOR
        assert jo.submit(view, {"reason": "next release"}).wait()
        eventually(lambda: home.replies(root))
    (action,) = home.actions()
    assert (action.outcome, action.by, action.slack_user) == ("done", "Jo Vance", OPERATOR)
    assert action.until == home.world.now + timedelta(days=7)
    (reply,) = home.replies(root)
    assert "Acknowledged by Jo Vance: next release." in reply
    text = home.slack.transcript()
    assert "# 🔕 Acknowledged: " in text
    assert "Acknowledged by @Jo Vance until" in text


def test_an_incident_is_assigned_to_a_member_of_a_user_group(home):
    root = home.break_push()
    with home.serving():
        assert home.clicker(MEMBER).click(root, "more", "Assign to me").wait()
        eventually(lambda: home.replies(root))
    assert home.outcomes() == [("assign", "done")]
    assert "Owner @Mira Torres" in home.slack.transcript()
    with open_store(home.installation.settings().store.database_url().reveal()) as store:
        state = store.incidents.notified_state("sandbox")
    assert state
    assert list(state.owners.values()) == ["Mira Torres"]


def test_the_affected_users_are_shown_to_one_operator_page_by_page(crowded):
    home = crowded
    root = home.break_email()
    jo = home.clicker()
    with home.serving():
        assert jo.click(root, "show_affected").wait()
        eventually(lambda: home.slack.people.ephemerals)
        (shown,) = home.slack.people.ephemerals
        assert shown.user == OPERATOR
        first = str(shown.blocks)
        eventually(lambda: home.outcomes() == [("show_affected", "done")])
        assert jo.click(shown, "show_page/next").wait()
        eventually(lambda: shown.edits)
    assert "Page 2 of 2" in str(shown.blocks)
    assert str(shown.blocks) != first
    assert home.outcomes() == [("show_affected", "done")]
    assert "The affected users were shown to Jo Vance." in home.replies(root)[0]


def test_a_recheck_states_the_result_in_the_thread_and_is_limited(home):
    root = home.break_push()
    jo = home.clicker()
    runs = len(home.installation.audits())
    with home.serving():
        home.world.switch_push("PUSH_NEW_USERS", on=True)
        assert jo.click(root, "more", "Recheck").wait()
        eventually(lambda: any("Recheck by" in each for each in home.replies(root)))
        assert any("Recheck by Jo Vance: resolved." in each for each in home.replies(root))
        assert len(home.installation.audits()) == runs + 1
        home.world.switch_push("PUSH_NEW_USERS", on=False)
        home.audit()
        assert jo.click(home.root(), "more", "Recheck").wait()
        eventually(lambda: home.slack.people.seen_by(OPERATOR))
    assert "was rechecked in the last 5 minutes" in home.slack.people.seen_by(OPERATOR)[0]
    assert home.outcomes() == [("recheck", "done"), ("recheck", "refused")]
    assert len(home.installation.audits()) == runs + 2


REFUSED = {
    "no operator": (OUTSIDER, {}, "You are not an operator."),
    "a bot": (OPERATOR, {"is_bot": True}, "Bots cannot act"),
    "a guest": (OPERATOR, {"is_restricted": True}, "Guests cannot act"),
    "another workspace": (OPERATOR, {"team_id": "T0OTHER"}, "Users of another workspace"),
}


@pytest.mark.parametrize(("user", "flags", "text"), REFUSED.values(), ids=REFUSED)
def test_users_who_may_not_act_are_refused(home, user, flags, text):
    for name, value in flags.items():
        setattr(home.slack.people.users[user], name, value)
    root = home.break_push()
    with home.serving():
        for action_id, choice in (("acknowledge", "for 1 day"), ("more", "Assign to me")):
            assert home.clicker(user).click(root, action_id, choice).wait()
        eventually(lambda: len(home.slack.people.seen_by(user)) == 2)
    assert all(each.startswith(text) for each in home.slack.people.seen_by(user))
    assert home.slack.people.views == []
    assert home.outcomes() == [("assign", "refused")]
    assert home.replies(root) == []


def test_a_refused_click_is_logged(home, capfd):
    root = home.break_push()
    with home.serving():
        assert home.clicker(OUTSIDER).click(root, "more", "Assign to me").wait()
        eventually(lambda: home.slack.people.seen_by(OUTSIDER))
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if "{" in line[:1]]
    (refused,) = (line for line in lines if line.get("event") == "click_refused")
    assert (refused["user"], refused["action"]) == (OUTSIDER, "assign")
    assert refused["reason"] == "not_an_operator"


def test_with_privacy_the_list_has_pseudonyms_and_no_name_of_the_operator_is_stored(home):
    text = home.installation.path.read_text()
    home.installation.path.write_text(f'privacy = "ids"\n{text}')
    root = home.break_email()
    with home.serving():
        assert home.clicker().click(root, "show_affected").wait()
        eventually(lambda: home.replies(root))
    (shown,) = home.slack.people.ephemerals
    (action,) = home.actions()
    assert (action.by, action.slack_user) == ("", OPERATOR)
    known = [
        text
        for account in home.world.unleash.people
        for text in (account.name, account.email)
        if text
    ]
    assert known
    assert not any(text in str(shown.blocks) for text in known)


def test_a_click_is_refused_while_a_user_group_cannot_be_read(home):
    del home.slack.people.groups[GROUP]
    root = home.break_push()
    with home.serving():
        assert home.clicker(MEMBER).click(root, "more", "Assign to me").wait()
        eventually(lambda: home.slack.people.seen_by(MEMBER))
    assert "cannot read a user group" in home.slack.people.seen_by(MEMBER)[0]
    assert home.outcomes() == [("assign", "refused")]


def test_clicks_of_another_app_and_of_another_team_have_no_effect(home):
    root = home.break_push()
    with home.serving():
        assert home.clicker().click(root, "more", "Assign", api_app_id="A0OTHER").wait()
        assert home.clicker(team="T0OTHER").click(root, "more", "Assign").wait()
        eventually(lambda: home.slack.people.seen_by(OPERATOR))
    assert home.outcomes() == []


def test_the_incident_follows_from_the_message_and_not_from_the_button(home):
    root = home.break_push()
    elsewhere = home.slack.post(home.slack.channel, "text", root.blocks)
    with home.serving():
        assert home.clicker().click(elsewhere, "more", "Assign to me").wait()
        eventually(lambda: home.slack.people.seen_by(OPERATOR))
    assert home.slack.people.seen_by(OPERATOR) == ["No incident is stored for this message."]
    assert home.outcomes() == []


def test_an_action_that_arrives_again_acts_once(home):
    root = home.break_push()
    with home.serving():
        envelope = home.clicker().click(root, "more", "Assign to me")
        assert envelope.wait()
        eventually(lambda: home.replies(root))
        for _ in range(3):
            assert home.slack.socket_mode.send_again(envelope).wait()
    assert home.outcomes() == [("assign", "done")]
    assert len(home.replies(root)) == 1


def test_on_postgresql_one_replica_answers_and_a_repeated_action_acts_once(
    home, postgres_url, monkeypatch
):
    monkeypatch.setenv("DATABASE", postgres_url)
    home.configure('[store]\nurl_env = "DATABASE"')
    with open_store(postgres_url, migrate=True):
        pass
    root = home.break_push()
    with home.serving(), serving_process(home, connects=False):
        envelope = home.clicker().click(root, "more", "Assign to me")
        assert envelope.wait()
        eventually(lambda: home.replies(root))
        for _ in range(3):
            assert home.slack.socket_mode.send_again(envelope).wait()
        assert home.slack.socket_mode.opened == 1
    assert home.outcomes() == [("assign", "done")]
    assert len(home.replies(root)) == 1


def test_an_action_that_was_stored_before_a_kill_is_applied_afterwards(home):
    from auditor.engine.incidents.incident_action import ActionKind, ActionVia
    from tests.support.builders.actions import action

    root = home.break_push()
    with open_store(home.installation.settings().store.database_url().reveal()) as store:
        state = store.incidents.notified_state("sandbox")
        assert state
        (incident,) = state.incidents
        left = action(
            incident,
            ActionKind.ASSIGN,
            target="sandbox",
            via=ActionVia.SLACK,
            by="",
            slack_user=OPERATOR,
            channel_id=home.slack.channel.id,
            at=home.world.now,
        )
        assert store.actions.add(left)
    with home.serving():
        eventually(lambda: home.replies(root))
    assert home.outcomes() == [("assign", "done")]


def test_the_service_connects_again_and_answers(home):
    root = home.break_push()
    with home.serving():
        for end in (home.slack.socket_mode.disconnect, home.slack.socket_mode.drop):
            opened = home.slack.socket_mode.opened
            end()
            eventually(partial(_has_opened_more_than, home, opened))
            eventually(lambda: home.slack.socket_mode.connections == 1)
        assert home.clicker().click(root, "more", "Assign to me").wait()
        eventually(lambda: home.replies(root))
    assert home.outcomes() == [("assign", "done")]


def _has_opened_more_than(home, opened):
    return home.slack.socket_mode.opened > opened


def test_after_failed_attempts_the_service_connects(home, monkeypatch):
    monkeypatch.setattr(slack_answers, "FIRST_PAUSE_SECONDS", 0.1)
    root = home.break_push()
    home.slack.fail("apps.connections.open", "internal_error", times=1)
    home.slack.fail("bots.info", "internal_error", times=1)
    with home.serving():
        assert home.clicker().click(root, "more", "Assign to me").wait()
        eventually(lambda: home.replies(root))
    assert home.outcomes() == [("assign", "done")]


def test_an_outage_of_slack_delays_no_audit(home):
    home.slack.fail("apps.connections.open", "internal_error", times=10_000)
    home.slack.fail("users.info", None, times=10_000)
    with home.installation.serving():
        eventually(home.installation.audits)
    assert home.slack.socket_mode.opened == 0


def test_a_critical_incident_needs_a_reason_and_is_broadcast(home):
    root = home.break_email()
    jo = home.clicker()
    (select,) = (
        element
        for block in root.blocks
        for element in block.get("elements", ())
        if element.get("action_id") == "acknowledge"
    )
    assert [each["value"] for each in select["options"]] == ["1d", "7d"]
    with home.serving():
        jo.click(root, "acknowledge", "for 1 day")
        eventually(lambda: home.slack.people.views)
        (view,) = home.slack.people.views
        assert view.view["blocks"][1]["optional"] is False
        jo.submit(view, {"reason": "  "})
        eventually(lambda: home.slack.people.seen_by(OPERATOR))
        jo.click(root, "acknowledge", "for 1 day")
        eventually(lambda: len(home.slack.people.views) == 2)
        jo.submit(home.slack.people.views[1], {"reason": "change window"})
        eventually(lambda: home.replies(root))
    assert home.slack.people.seen_by(OPERATOR) == [
        "A critical incident is acknowledged only with a reason."
    ]
    *_, reply = home.slack.channel.replies(root.ts)
    assert reply.broadcast
    assert home.outcomes() == [("acknowledge", "refused"), ("acknowledge", "done")]


def test_another_connection_of_the_app_is_noted(home):
    home.slack.socket_mode.foreign_connections = 1
    with (
        home.serving(),
        open_store(home.installation.settings().store.database_url().reveal()) as store,
    ):
        eventually(store.facts.slack_connection)
        fact = store.facts.slack_connection()
    assert fact
    assert (fact.connections, fact.own, fact.app_id) == (2, 1, "A0AUDITOR")
    found = {check.about: check for check in check_shared(home.installation.settings())}
    assert found["connections"].status is HealthStatus.ERROR
    assert "1 connection of another program" in found["connections"].message
    assert found["app token"].status is HealthStatus.OK


def test_a_single_connection_is_fine(home):
    with (
        home.serving(),
        open_store(home.installation.settings().store.database_url().reveal()) as store,
    ):
        eventually(store.facts.slack_connection)
    found = {check.about: check for check in check_shared(home.installation.settings())}
    assert found["connections"].status is HealthStatus.OK
    assert "users:read" not in str(found["scopes"])


def test_a_replaced_connection_is_not_another_program(home):
    with (
        home.serving(),
        open_store(home.installation.settings().store.database_url().reveal()) as store,
    ):
        eventually(store.facts.slack_connection)
        home.slack.socket_mode.disconnect()
        eventually(lambda: home.slack.socket_mode.opened == 2)
        eventually(lambda: home.slack.socket_mode.connections == 1)
        fact = store.facts.slack_connection()
    assert fact
    assert fact.connections <= fact.own


def test_doctor_names_a_rejected_app_token(home):
    del home.slack.tokens[home.slack.app_token]
    found = {check.about: check for check in check_shared(home.installation.settings())}
    assert found["app token"].status is HealthStatus.WARNING
    assert "apps.connections.open: invalid_auth" in found["app token"].message
    assert found["connections"].status is HealthStatus.NOTICE


def test_another_replica_takes_over_when_one_is_killed(home, monkeypatch):
    assert slack_answers.TAKEOVER_SECONDS < 60
    monkeypatch.setattr(slack_answers, "TAKEOVER_SECONDS", 0.5)
    root = home.break_push()
    socket_mode = home.slack.socket_mode
    with serving_process(home) as process, home.installation.serving():
        assert socket_mode.connections == 1
        process.kill()
        process.wait()
        eventually(lambda: socket_mode.opened == 2)
        assert home.clicker().click(root, "more", "Assign to me").wait()
        eventually(lambda: home.replies(root))
        assert socket_mode.connections == 1
    assert home.outcomes() == [("assign", "done")]


def test_a_click_before_a_kill_has_its_effect_once_afterwards(home):
    """The effect waits for an audit; the process dies after the acknowledgement."""
    root = home.break_push()
    url = home.installation.settings().store.database_url().reveal()
    with open_store(url) as store, store.targets.lease("sandbox"):
        with serving_process(home) as process:
            envelope = home.clicker().click(root, "more", "Assign to me")
            assert envelope.wait()
            eventually(lambda: home.slack.people.seen_by(OPERATOR))
            process.kill()
            process.wait()
        assert home.outcomes() == [("assign", None)]
        assert home.replies(root) == []
    # The user read that the action is recorded: it is not refused when Slack cannot be read now.
    home.slack.fail("users.info", "internal_error", times=1000)
    with home.serving():
        eventually(lambda: home.replies(root))
        assert home.slack.socket_mode.send_again(envelope).wait()
    assert home.outcomes() == [("assign", "done")]
    assert len(home.replies(root)) == 1
    assert home.slack.people.seen_by(OPERATOR) == [
        "Recorded. An audit of sandbox is running; it comes first."
    ]


def test_each_envelope_is_acknowledged_before_its_effect(home):
    """An audit holds the target and Slack's methods fail. The acknowledgement waits for neither."""
    root = home.break_push()
    url = home.installation.settings().store.database_url().reveal()
    with home.serving(), open_store(url) as store, store.targets.lease("sandbox"):
        home.slack.fail("users.info", 500, times=1000)
        assert home.clicker().click(root, "more", "Recheck").wait()
        assert home.clicker().click(root, "acknowledge", "for 1 day").wait()
