"""Slack by a bot token, through the real SDK and real HTTP."""

import pytest

from auditor.engine.incidents.decision import acknowledge
from auditor.engine.incidents.incident import Acknowledgement
from auditor.rule.severity import Severity
from auditor.sandbox.slack.records import ALL_SCOPES
from tests.support.builders.findings import finding, hours
from tests.support.notified_target import Life, said

EMAIL = finding("email-not-login", "oty1")
SECOND = finding("email-not-login", "oty2")
CRITICAL = finding("email-not-login", "oty1", severity=Severity.CRITICAL)
FLAG = finding()


@pytest.fixture(autouse=True)
def audited(life, slack):
    """The target was audited once and was clean."""
    life.run()
    life.wait(hours=1)
    slack.channel.messages.clear()
    slack.calls.clear()


def methods(slack) -> list[str]:
    return [call.method for call in slack.calls]


def test_an_incident_is_one_message_and_its_story_a_thread(life, slack):
    for findings in ([EMAIL], [EMAIL, SECOND], [EMAIL], []):
        assert life.run(*findings).complete
        life.wait(hours=1)
    ((root, worse, better, resolved),) = said(slack)
    assert root.startswith("production: email-not-login: Resolved after 3 hours.")
    assert worse.startswith("production: email-not-login: Worse: 1 more.")
    assert better.startswith("production: email-not-login: Better: 1 no longer open.")
    assert resolved == "production: email-not-login: Resolved. It was mended."


def test_what_is_new_is_posted_and_nothing_else(life, slack):
    life.run(EMAIL)
    assert methods(slack) == ["chat.postMessage"]


def test_what_persists_is_no_call(life, slack):
    life.run(EMAIL)
    slack.calls.clear()
    life.wait(hours=1)
    assert life.run(EMAIL).delivered == 0
    assert slack.calls == []


def test_nothing_is_unfurled_and_no_markup_is_read(life, slack):
    life.run(EMAIL)
    (call,) = slack.calls
    named = call.arguments
    assert not any(named[each] for each in ("unfurl_links", "unfurl_media", "mrkdwn"))


def test_what_somebody_has_to_know_is_seen_in_the_channel_too(life, slack):
    life.run(EMAIL)
    life.wait(hours=1)
    life.run(EMAIL, SECOND)
    life.wait(hours=1)
    life.run(CRITICAL, SECOND)
    life.wait(hours=4)
    life.run(CRITICAL, SECOND)
    (root,) = slack.channel.roots()
    assert [each.broadcast for each in slack.channel.replies(root.ts)] == [False, True, True]


def test_people_are_called_when_it_begins_and_not_again(store, slack, clock, configure):
    life = Life(store, clock, configure(bot='mentions = { critical = ["@here", "S0123ABCD"] }'))
    slack.names["S0123ABCD"] = "iam-oncall"
    life.run(CRITICAL)
    assert slack.transcript().count("@here @iam-oncall") == 1
    life.wait(hours=1)
    life.run(CRITICAL, SECOND)
    life.wait(hours=5)
    slack.calls.clear()
    life.run(CRITICAL, SECOND)
    assert [call.method for call in slack.calls] == ["chat.postMessage"], "only the reminder"
    assert "@here" not in slack.transcript()


def test_high_is_not_called_for_when_only_critical_is(store, slack, clock, configure):
    life = Life(store, clock, configure(bot='mentions = { critical = ["@here"] }'))
    life.run(EMAIL)
    assert "@here" not in slack.transcript()


def test_each_goes_where_its_route_leads(store, slack, clock, configure):
    calls, flags = slack.add_channel("on-call"), slack.add_channel("flags")
    routes = """
    [[slack.route]]
    rule = "push-flag-off"
    channel = "#flags"
    [[slack.route]]
    severity = "critical"
    channel = "#on-call"
    """
    life = Life(store, clock, configure(bot=routes))
    life.run(CRITICAL, FLAG, finding("extra-attribute"))
    assert len(calls.messages) == len(flags.messages) == len(slack.channel.messages) == 1


ON_CALL = '[[slack.route]]\nseverity = "critical"\nchannel = "#on-call"'


def test_whoever_was_told_goes_on_being_told_when_it_rises(store, slack, clock, configure):
    calls = slack.add_channel("on-call")
    life = Life(store, clock, configure(bot=ON_CALL))
    for findings in ([EMAIL], [CRITICAL], []):
        life.run(*findings)
        life.wait(hours=1)
    ((root, worse, resolved),) = said(slack)
    assert (root.count("Resolved"), worse.count("Worse"), resolved.count("Resolved")) == (1, 1, 1)
    root, resolved = calls.messages.values()
    assert "Resolved" in root.text
    assert "Resolved" in resolved.text


def test_a_fall_in_severity_brings_in_nobody(store, slack, clock, configure):
    calls = slack.add_channel("on-call")
    life = Life(store, clock, configure(bot=ON_CALL))
    for findings in ([CRITICAL], [EMAIL], []):
        life.run(*findings)
        life.wait(hours=1)
    assert (len(calls.messages), said(slack)) == (3, [])


def test_an_acknowledgement_is_shown_in_the_thread(life, slack, store):
    life.run(EMAIL)
    acknowledgement = Acknowledgement(by="Ada", reason="ticket 7", until=hours(99))
    told = acknowledge(
        store.incidents.notified_state("production"),
        "email-not-login",
        acknowledgement,
        target="production",
        at=hours(2),
    )
    store.outbox.enqueue(
        "production", told.notifications, ["slack"], at=hours(2), notified_state=told.notified_state
    )
    assert life.deliver().complete
    ((_, reply),) = said(slack)
    assert "Ada knows: ticket 7. No reminder until 2026-01-09 12:00 UTC." in reply


def test_after_an_outage_an_incident_is_one_message_with_its_present_state(life, slack):
    slack.fail("chat.postMessage", "invalid_auth", times=4)
    for findings in ([EMAIL], [EMAIL, SECOND], [], [CRITICAL]):
        assert not life.run(*findings).complete
        life.wait(hours=1)
    assert life.deliver().delivered == 4
    ((root,),) = said(slack)
    assert root.startswith("production: email-not-login: Critical, open.")


def test_what_happened_during_an_outage_is_one_reply(life, slack):
    life.run(EMAIL)
    slack.fail("chat.postMessage", "internal_error", times=3)
    for findings in ([EMAIL, SECOND], [EMAIL], [EMAIL, SECOND]):
        life.wait(hours=2)
        assert life.run(*findings).errors
    life.wait(hours=2)
    assert life.deliver().complete
    ((_, reply),) = said(slack)
    assert (reply.count("Worse"), reply.count("Better")) == (2, 1)


def test_a_message_that_somebody_deleted_is_posted_anew(life, slack):
    life.run(EMAIL)
    slack.channel.messages.clear()
    life.wait(hours=1)
    assert life.run(EMAIL, SECOND).complete
    ((root,),) = said(slack)
    assert root.startswith("production: email-not-login: High, open.")


def storm():
    return [finding(f"rule-{number}") for number in range(7)]


def test_the_report_is_attached_to_a_storm(life, slack):
    life.audit(*storm())
    assert life.deliver(attachment=lambda _: ("2026-W02.html", b"<!doctype html>")).complete
    (root,) = slack.channel.roots()
    (reply,) = slack.channel.replies(root.ts)
    assert [(file.name, file.content) for file in reply.files] == [
        ("2026-W02.html", b"<!doctype html>")
    ]


def test_a_summary_has_a_link_and_no_report(store, slack, clock, configure):
    life = Life(store, clock, configure(bot='attach = "summary"'))
    life.audit(*storm())
    assert life.deliver(attachment=lambda _: ("2026-W02.html", b"<!doctype html>")).complete
    assert not slack.files
    assert "https://reports.example.com/production/latest.html" in slack.transcript()


def test_a_report_that_cannot_be_attached_is_said_so_and_costs_nothing_else(life, slack):
    slack.tokens[slack.token] = ALL_SCOPES - {"files:write"}
    life.audit(*storm())
    assert life.deliver(attachment=lambda _: ("2026-W02.html", b"<!doctype html>")).complete
    ((_, reply),) = said(slack)
    assert "could not be attached: Slack" in reply
    assert "missing_scope" in reply
