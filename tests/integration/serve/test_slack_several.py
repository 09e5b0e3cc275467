"""Clicks in a message of several incidents, and the end of an acknowledgement."""

import pytest

from auditor.sandbox.slack.clicks import Clicker
from auditor.store import open_store
from tests.support.interactive_slack import OPERATOR, OUTSIDER, InteractiveInstallation
from tests.support.processes.service_process import eventually, installation  # noqa: F401  (a fixture)

CREATE = "Create Users is off: new users get no account"
UPDATE = "Update User Attributes is off: accounts go stale"


@pytest.fixture
def home(installation, monkeypatch):  # noqa: F811
    return InteractiveInstallation(installation, monkeypatch)


def break_several(home):
    """Audit, break four things at once, audit again; return the message of the four incidents."""
    home.audit()
    for feature in ("PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "GROUP_PUSH"):
        home.world.switch_push(feature, on=False)
    home.world.map_attribute("user", "email", "user.email")
    home.audit()
    return home.root()


def choose(home, root, action_id, choice, values, *, user=OPERATOR):
    """Click, and submit the modal that opens with these values; return its envelope."""
    clicker: Clicker = home.clicker(user)
    opened = len(home.slack.people.views)
    assert clicker.click(root, action_id, choice).wait()
    eventually(lambda: len(home.slack.people.views) > opened)
    envelope = clicker.submit(home.slack.people.views[-1], values)
    assert envelope.wait()
    return envelope


def acknowledged(home, root):
    return [each for each in home.replies(root) if "Acknowledged by Jo Vance" in each]


def shown(home, title):
    """Return the line of an incident in a message of several incidents, as the channel shows it."""
    return next(line for line in home.slack.transcript().splitlines() if title in line)


def test_several_incidents_are_acknowledged_in_one_modal(home):
    root = break_several(home)
    values = {"incidents": [CREATE, UPDATE], "period": ["7 days"], "reason": "migration"}
    with home.serving():
        envelope = choose(home, root, "acknowledge_several", "", values)
        eventually(lambda: len(acknowledged(home, root)) == 2)
        assert home.slack.socket_mode.send_again(envelope).wait()
    assert home.outcomes() == [("acknowledge", "done")] * 2
    assert len({each.incident for each in home.actions()}) == 2
    assert all(each.reason == "migration" for each in home.actions())
    assert len(acknowledged(home, root)) == 2
    assert shown(home, f"🔕 {CREATE}").endswith("acknowledged")
    assert not shown(home, "Email is mapped").endswith("acknowledged")


def test_the_modal_offers_only_periods_that_all_incidents_allow(home):
    root = break_several(home)
    with home.serving():
        assert home.clicker().click(root, "acknowledge_several").wait()
        eventually(lambda: home.slack.people.views)
    incidents, period, reason = home.slack.people.views[0].view["blocks"]
    assert incidents["element"]["options"][0]["text"]["text"].startswith("🔴 Email is mapped")
    assert [each["value"] for each in period["element"]["options"]] == ["1d", "7d"]
    assert reason["optional"] is False


def test_one_of_several_incidents_is_assigned_shown_and_rechecked(home):
    root = break_several(home)
    runs = len(home.installation.audits())
    with home.serving():
        choose(home, root, "more", "Assign to me", {"incidents": [UPDATE]})
        eventually(lambda: home.outcomes() == [("assign", "done")])
        choose(home, root, "more", "Show affected", {"incidents": ["Email is mapped"]})
        eventually(lambda: home.slack.people.ephemerals)
        choose(home, root, "more", "Recheck", {"incidents": [CREATE]})
        eventually(lambda: any("Recheck by" in each for each in home.replies(root)))
    assert "Email is mapped from user.email" in home.slack.people.ephemerals[0].text
    assert len(home.installation.audits()) == runs + 1
    assert "owner Jo Vance" in shown(home, f"🟠 {UPDATE}")
    assert "owner" not in shown(home, f"🟠 {CREATE}")


def test_a_chosen_incident_of_another_message_is_refused(home):
    root = break_several(home)
    with home.serving():
        assert home.clicker().click(root, "more", "Assign to me").wait()
        eventually(lambda: home.slack.people.views)
        view = home.slack.people.views[0]
        for option in view.view["blocks"][0]["element"]["options"]:
            option["value"] = "f" * 16
        assert home.clicker().submit(view, {"incidents": [CREATE]}).wait()
        eventually(lambda: home.slack.people.seen_by(OPERATOR))
    assert home.slack.people.seen_by(OPERATOR) == ["No incident is stored for this message."]
    assert home.actions() == []


def test_a_user_who_may_not_act_gets_no_modal(home):
    root = break_several(home)
    with home.serving():
        assert home.clicker(OUTSIDER).click(root, "acknowledge_several").wait()
        eventually(lambda: home.slack.people.seen_by(OUTSIDER))
    assert home.slack.people.views == []


def test_reminders_are_resumed_by_a_button(home):
    root = home.break_push()
    with home.serving():
        assert home.clicker().click(root, "acknowledge", "for 7 days").wait()
        eventually(lambda: home.slack.people.views)
        home.clicker().submit(home.slack.people.views[0], {})
        eventually(lambda: home.replies(root))
        root = home.root()
        assert home.clicker().click(root, "resume").wait()
        eventually(lambda: len(home.replies(root)) == 2)
    assert "Reminders resumed by Jo Vance." in home.replies(root)[1]
    with open_store(home.installation.settings().store.database_url().reveal()) as store:
        state = store.incidents.notified_state("sandbox")
    assert state
    assert [each.state.acknowledgement for each in state.incidents.values()] == [None]
    assert home.outcomes() == [("acknowledge", "done"), ("resume", "done")]
