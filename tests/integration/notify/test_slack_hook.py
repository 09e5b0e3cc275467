"""Slack with an incoming webhook: new messages only."""

import pytest

from tests.support.builders.findings import finding
from tests.support.notified_target import PROBLEM, TargetAudits

EMAIL = finding("email-not-login", "oty1")
MORE = finding("email-not-login", "oty1", affected_count=9)


@pytest.fixture
def audits(store, clock, configure, slack):
    audits = TargetAudits(store, clock, configure('[slack]\nwebhook_url_env = "HOOK"\n'))
    audits.run()
    audits.wait(hours=1)
    slack.channel.messages.clear()
    return audits


def texts(slack) -> list[str]:
    return [message.text for message in slack.channel.messages.values()]


def test_each_transition_is_a_message(audits, slack):
    for findings in ([EMAIL], [MORE], [MORE], []):
        assert audits.run(*findings).complete
        audits.wait(hours=1)
    first, worse, resolved = texts(slack)
    assert first.startswith(
        "High, production: Email is mapped from another attribute, not the login."
    )
    assert worse.startswith(PROBLEM + "Now worse: 9 affected users, was 0")
    assert resolved.startswith("production: Resolved after 3 hours: Email is mapped from ")


def test_an_edit_without_an_update_is_not_sent(audits, slack):
    audits.run(EMAIL)
    audits.wait(hours=1)
    other_words = finding("email-not-login", "oty1", affected_count=0)
    audits.run(other_words, unknown_rules=("email-not-login",))
    assert len(texts(slack)) == 1


def test_the_updates_of_an_outage_are_one_message(audits, slack):
    slack.fail("webhook", "no_service", times=2)
    for findings in ([EMAIL], [MORE]):
        assert not audits.run(*findings).complete
        audits.wait(hours=1)
    assert audits.deliver().delivered == 2
    assert len(texts(slack)) == 1


@pytest.mark.parametrize(
    ("error", "sent_texts"),
    [
        ("no_service", "Slack: the webhook: no_service (the webhook was removed"),
        ("channel_is_archived", "Slack: the webhook: channel_is_archived (unarchive"),
        ("action_prohibited", "Slack: the webhook: action_prohibited ("),
        ("invalid_token", "Slack: the webhook: invalid_token ("),
    ],
)
def test_an_error_that_needs_a_fix_is_reported_and_the_message_is_kept(
    audits, slack, error, sent_texts
):
    slack.fail("webhook", error)
    delivered = audits.run(EMAIL)
    assert delivered.errors[0].startswith(sent_texts)
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1


def test_a_message_that_is_too_long_is_shortened(audits, slack):
    slack.fail("webhook", "invalid_blocks")
    assert audits.run(EMAIL).complete
    (message,) = slack.channel.messages.values()
    assert len(message.blocks) == 1


@pytest.mark.parametrize("answer", [500, 503])
def test_a_failure_of_slack_is_retried_later(audits, slack, answer):
    slack.fail("webhook", answer)
    assert audits.run(EMAIL).waiting == 1
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1


def test_a_message_with_a_lost_answer_is_posted_again_because_a_webhook_cannot_search(
    audits, slack
):
    slack.fail("webhook", None, before_effect=False)
    (error,) = audits.run(EMAIL).errors
    assert error == (
        "Slack: the webhook: the connection ended before the answer was complete "
        "(check the server and its proxies)"
    )
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(texts(slack)) == 2


def test_a_long_rate_limit_postpones_the_message(audits, slack):
    slack.fail("webhook", "ratelimited", retry_after=7200)
    assert audits.run(EMAIL).waiting == 1
    audits.wait(hours=1)
    assert audits.deliver().delivered == 0
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
