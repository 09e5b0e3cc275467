"""Slack with a bot token, over real HTTP."""

import pytest

from auditor.notify.slack.several_message import SHOWN_INCIDENTS
from auditor.pipeline.incident_response import act_by_command
from auditor.rule.results import Remediation
from auditor.rule.severity import Severity
from auditor.sandbox.slack.records import ALL_SCOPES
from tests.support.builders.actions import action
from tests.support.builders.findings import finding, hours
from tests.support.notified_target import (
    PROBLEM,
    TargetAudits,
    details_of,
    sent_texts,
    updates_of,
)

EMAIL = finding("email-not-login", "oty1")
MORE = finding("email-not-login", "oty1", affected_count=9)
LESS = finding("email-not-login", "oty1", severity=Severity.MEDIUM)
CRITICAL = finding("email-not-login", "oty1", severity=Severity.CRITICAL)
WITH_STEPS = finding("email-not-login", "oty1", remediation=Remediation(steps=("Map Email.",)))
FLAG = finding()


@pytest.fixture(autouse=True)
def audited(audits, slack):
    """Return a target after one clean audit."""
    audits.run()
    audits.wait(hours=1)
    slack.channel.messages.clear()
    slack.calls.clear()


def methods(slack) -> list[str]:
    return [call.method for call in slack.calls]


def test_an_incident_is_one_message_and_its_updates_are_a_thread(audits, slack):
    for findings in ([EMAIL], [MORE], [LESS], []):
        assert audits.run(*findings).complete
        audits.wait(hours=1)
    ((root, worse, better, resolved),) = sent_texts(slack)
    assert root.startswith(
        "Resolved after 3 hours, production: Email is mapped from another attribute, not the login."
    )
    assert worse.startswith(PROBLEM + "Now worse: 9 affected users, was 0.")
    assert better.startswith(PROBLEM + "Improved: severity medium, was high")
    assert resolved.startswith("production: Resolved after 3 hours: Email is mapped from ")


def test_only_new_incidents_are_posted(audits, slack):
    audits.run(EMAIL)
    assert methods(slack) == ["chat.postMessage"]


def test_the_details_are_the_first_reply_and_are_not_shown_in_the_channel(audits, slack):
    audits.run(WITH_STEPS)
    audits.wait(hours=1)
    audits.run(MORE)
    details, update = broadcasts(slack)
    assert details.startswith("Details, production: Email is mapped from another attribute")
    assert "Now worse" in update
    assert not any(broadcasts(slack).values())


def test_an_unchanged_incident_makes_no_request(audits, slack):
    audits.run(EMAIL)
    slack.calls.clear()
    audits.wait(hours=1)
    assert audits.run(EMAIL).delivered == 0
    assert slack.calls == []


def test_unfurling_and_markup_are_switched_off(audits, slack):
    audits.run(EMAIL)
    for call in slack.calls:
        named = call.arguments
        assert not any(named[each] for each in ("unfurl_links", "unfurl_media", "mrkdwn"))


def broadcasts(slack) -> dict[str, bool]:
    """Return whether the channel shows each reply of the only thread, too; by its text."""
    (root,) = slack.channel.roots()
    return {each.text: each.broadcast for each in slack.channel.replies(root.ts)}


def test_a_higher_severity_is_shown_in_the_channel_too(audits, slack):
    audits.run(EMAIL)
    audits.wait(hours=1)
    audits.run(MORE)
    audits.wait(hours=1)
    audits.run(CRITICAL)
    assert list(broadcasts(slack).values()) == [False, True]


def test_of_the_reminders_only_the_first_after_the_due_date_is_shown_in_the_channel(audits, slack):
    audits.run(CRITICAL)
    for pause in (4, *[24] * 15):
        audits.wait(hours=pause)
        audits.run(CRITICAL)
    found = broadcasts(slack)
    overdue = [text for text in found if "Overdue since" in text]
    assert (len(found), len(overdue)) == (4, 3)
    assert [text for text, shown in found.items() if shown] == overdue[:1]


def test_a_new_incident_mentions_and_its_updates_do_not(store, slack, clock, configure):
    audits = TargetAudits(
        store, clock, configure(bot='mentions = { critical = ["@here", "S0123ABCD"] }')
    )
    slack.names["S0123ABCD"] = "iam-oncall"
    more = finding("email-not-login", "oty1", severity=Severity.CRITICAL, affected_count=9)
    audits.run(CRITICAL)
    assert slack.transcript().count("@here @iam-oncall") == 1
    audits.wait(hours=1)
    audits.run(more)
    audits.wait(hours=5)
    slack.calls.clear()
    audits.run(more)
    assert [call.method for call in slack.calls] == ["chat.postMessage"], "only the reminder"
    assert "@here" not in slack.transcript()


def test_a_high_finding_has_no_mention_if_only_critical_ones_have(store, slack, clock, configure):
    audits = TargetAudits(store, clock, configure(bot='mentions = { critical = ["@here"] }'))
    audits.run(EMAIL)
    assert "@here" not in slack.transcript()


def test_each_incident_is_sent_to_the_channel_of_its_route(store, slack, clock, configure):
    calls, flags = slack.add_channel("on-call"), slack.add_channel("flags")
    routes = """
    [[slack.route]]
    rule = "push-flag-off"
    channel = "#flags"
    [[slack.route]]
    severity = "critical"
    channel = "#on-call"
    """
    audits = TargetAudits(store, clock, configure(bot=routes))
    audits.run(CRITICAL, FLAG, finding("extra-attribute"))
    assert [len(each.roots()) for each in (calls, flags, slack.channel)] == [1, 1, 1]


ON_CALL = '[[slack.route]]\nseverity = "critical"\nchannel = "#on-call"'


def test_a_higher_severity_moves_the_incident_to_the_channel_of_its_route(
    store, slack, clock, configure
):
    calls = slack.add_channel("on-call")
    audits = TargetAudits(store, clock, configure(bot=ON_CALL))
    for findings in ([EMAIL], [CRITICAL], []):
        assert audits.run(*findings).complete
        audits.wait(hours=1)
    ((old, pointer),) = sent_texts(slack)
    assert old.startswith("High, production")
    assert pointer == "This incident continues in #on-call."
    (root,) = calls.roots()
    assert root.text.startswith("Resolved after 2 hours")
    (resolved,) = updates_of(calls, root)
    assert "Resolved" in resolved


def test_a_lower_severity_does_not_move_the_incident(store, slack, clock, configure):
    calls = slack.add_channel("on-call")
    audits = TargetAudits(store, clock, configure(bot=ON_CALL))
    for findings in ([CRITICAL], [EMAIL], []):
        audits.run(*findings)
        audits.wait(hours=1)
    (root,) = calls.roots()
    assert (len(updates_of(calls, root)), sent_texts(slack)) == (2, [])


def test_another_channel_in_the_configuration_moves_open_incidents(store, slack, clock, configure):
    other = slack.add_channel("other")
    audits = TargetAudits(store, clock, configure())
    audits.run(EMAIL)
    audits.settings = configure(bot='[[slack.route]]\ntarget = "production"\nchannel = "#other"')
    for findings in ([MORE], [LESS], []):
        audits.wait(hours=1)
        assert audits.run(*findings).complete
    ((_, pointer),) = sent_texts(slack)
    assert pointer == "This incident continues in #other."
    (root,) = other.roots()
    assert root.text.startswith("Resolved")
    better, resolved = updates_of(other, root)
    assert better.startswith(PROBLEM + "Improved:")
    assert resolved.startswith("production: Resolved after ")


def test_no_link_is_posted_in_an_archived_channel(store, slack, clock, configure):
    other = slack.add_channel("other")
    audits = TargetAudits(store, clock, configure())
    audits.run(EMAIL)
    slack.channel.archived = True
    audits.settings = configure(bot='[[slack.route]]\ntarget = "production"\nchannel = "#other"')
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    assert len(other.roots()) == 1


def test_the_id_of_the_same_channel_is_the_same_destination(store, slack, clock, configure):
    audits = TargetAudits(store, clock, configure())
    audits.run(EMAIL)
    route = f'[[slack.route]]\ntarget = "production"\nchannel = "{slack.channel.id}"'
    audits.settings = configure(bot=route)
    slack.calls.clear()
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    ((root, _),) = sent_texts(slack)
    assert root.startswith("High, production")
    audits.settings = configure()
    audits.wait(hours=1)
    assert audits.run().complete
    assert len(slack.channel.roots()) == 1
    assert "conversations.list" not in methods(slack)


def test_an_archived_channel_delays_only_its_own_messages(store, slack, clock, configure):
    dead = slack.add_channel("dead")
    dead.archived = True
    route = '[[slack.route]]\nrule = "email-not-login"\nchannel = "#dead"'
    audits = TargetAudits(store, clock, configure(bot=route))
    delivered = audits.run(EMAIL, FLAG, finding("extra-attribute"))
    assert (delivered.delivered, delivered.waiting, delivered.failed) == (2, 1, 0)
    assert "is_archived" in delivered.errors[0]
    assert len(slack.channel.roots()) == 2
    dead.archived = False
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1


def test_findings_of_severity_low_are_in_the_digest_unless_routed(store, slack, clock, configure):
    low = finding("extra-attribute", severity=Severity.LOW)
    audits = TargetAudits(store, clock, configure())
    assert audits.run(low).complete
    assert sent_texts(slack) == []
    notes = slack.add_channel("notes")
    route = '[[slack.route]]\nrule = "push-flag-off"\nchannel = "#notes"'
    audits.settings = configure(bot=route)
    audits.wait(hours=1)
    audits.run(low, finding(severity=Severity.LOW))
    assert sent_texts(slack) == []
    assert len(notes.roots()) == 1


def test_owner_and_due_date_are_stated_and_an_owner_with_a_slack_id_is_mentioned(
    store, slack, clock, configure
):
    slack.names["S0123ABCD"] = "iam-oncall"
    owners = '[owners]\nemail-not-login = "S0123ABCD"\npush-flag-off = "IT Operations"\n'
    audits = TargetAudits(store, clock, configure(owners))
    audits.run(EMAIL, FLAG)
    text = slack.transcript()
    assert "Owner @iam-oncall · due 2026-01-12" in text
    assert "Owner IT Operations · due 2026-01-12" in text


def test_an_acknowledgement_is_shown_in_the_thread(audits, slack, store):
    audits.run(EMAIL)
    asked = action(at=hours(2), reason="ticket 7", until=hours(99))
    assert act_by_command(store, audits.settings, "email-not-login", asked, lambda: hours(2))
    assert audits.deliver().complete
    ((_, reply),) = sent_texts(slack)
    assert "Acknowledged by Ada: ticket 7. No reminders until 2026-01-09 12:00 UTC." in reply
    root = slack.transcript()
    assert "# 🔕 Acknowledged: " in root
    assert "Acknowledged by Ada until 2026-01-09 12:00 UTC" in root
    assert "auditor ack" not in root


def test_after_an_outage_an_incident_is_one_message_with_its_present_state(audits, slack):
    slack.fail("chat.postMessage", "invalid_auth", times=4)
    for findings in ([EMAIL], [MORE], [], [CRITICAL]):
        assert not audits.run(*findings).complete
        audits.wait(hours=1)
    assert audits.deliver().delivered == 4
    ((root,),) = sent_texts(slack)
    assert root.startswith(
        "Critical, production: Email is mapped from another attribute, not the login."
    )


def test_the_updates_during_an_outage_are_one_reply(audits, slack):
    audits.run(EMAIL)
    slack.fail("chat.postMessage", "internal_error", times=3)
    for findings in ([MORE], [LESS], [MORE]):
        audits.wait(hours=2)
        assert audits.run(*findings).errors
    audits.wait(hours=2)
    assert audits.deliver().complete
    ((_, reply),) = sent_texts(slack)
    assert (reply.count("Now worse"), reply.count("Improved")) == (2, 1)


def test_a_deleted_message_is_posted_again(audits, slack):
    audits.run(EMAIL)
    slack.channel.messages.clear()
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    ((root,),) = sent_texts(slack)
    assert root.startswith(
        "High, production: Email is mapped from another attribute, not the login."
    )


def storm():
    return [finding(f"rule-{number}") for number in range(7)]


def test_each_incident_that_a_shared_message_lists_has_its_own_details(audits, slack):
    audits.run(*storm())
    (root,) = slack.channel.roots()
    found = details_of(slack.channel, root)
    assert len(found) == SHOWN_INCIDENTS == 5
    assert len(set(found)) == 5
    assert not any(each.broadcast for each in slack.channel.replies(root.ts))


def test_details_that_slack_refuses_are_left_out_and_the_message_stands(audits, slack):
    slack.fail("chat.postMessage", "invalid_arguments", after=1)
    assert audits.run(WITH_STEPS).complete
    (root,) = slack.channel.roots()
    assert details_of(slack.channel, root) == []
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    assert len(updates_of(slack.channel, root)) == 1


def test_details_that_were_not_posted_in_an_outage_come_before_the_next_update(audits, slack):
    slack.fail("chat.postMessage", "internal_error", times=9, after=1)
    assert not audits.run(WITH_STEPS).complete
    slack.recover()
    audits.wait(hours=2)
    assert audits.run(MORE).complete
    (root,) = slack.channel.roots()
    first, second = (each.text for each in slack.channel.replies(root.ts))
    assert (first.startswith("Details, "), "Now worse" in second) == (True, True)


def test_the_report_is_attached_to_a_storm(audits, slack):
    audits.audit(*storm())
    assert audits.deliver(attachment=lambda _: ("2026-W02.html", b"<!doctype html>")).complete
    (root,) = slack.channel.roots()
    reply, *_ = slack.channel.replies(root.ts)
    assert [(file.name, file.content) for file in reply.files] == [
        ("2026-W02.html", b"<!doctype html>")
    ]


def test_a_summary_has_a_link_and_no_report(store, slack, clock, configure):
    audits = TargetAudits(store, clock, configure(bot='attach = "summary"'))
    audits.audit(*storm())
    assert audits.deliver(attachment=lambda _: ("2026-W02.html", b"<!doctype html>")).complete
    assert not slack.files
    assert "https://reports.example.com/production/latest.html" in slack.transcript()


def test_a_report_that_cannot_be_attached_is_stated_and_the_message_is_delivered(audits, slack):
    slack.tokens[slack.token] = ALL_SCOPES - {"files:write"}
    audits.audit(*storm())
    assert audits.deliver(attachment=lambda _: ("2026-W02.html", b"<!doctype html>")).complete
    ((_, reply),) = sent_texts(slack)
    assert "could not be attached: Slack" in reply
    assert "missing_scope" in reply
