"""Slack by an incoming webhook: new messages only."""

import pytest

from tests.support.builders.findings import finding
from tests.support.notified_target import PROBLEM, Life

EMAIL = finding("email-not-login", "oty1")
MORE = finding("email-not-login", "oty1", affected_count=9)


@pytest.fixture
def life(store, clock, configure, slack):
    life = Life(store, clock, configure('[slack]\nwebhook_url_env = "HOOK"\n'))
    life.run()
    life.wait(hours=1)
    slack.channel.messages.clear()
    return life


def texts(slack) -> list[str]:
    return [message.text for message in slack.channel.messages.values()]


def test_each_transition_is_a_message(life, slack):
    for findings in ([EMAIL], [MORE], [MORE], []):
        assert life.run(*findings).complete
        life.wait(hours=1)
    first, worse, resolved = texts(slack)
    assert first.startswith(
        "High, production: Email is mapped from another attribute, not the login."
    )
    assert worse.startswith(PROBLEM + "Now worse: 9 affected users, was 0")
    assert resolved.startswith(PROBLEM + "Resolved after 3 hours.")


def test_what_is_only_redrawn_is_not_said(life, slack):
    life.run(EMAIL)
    life.wait(hours=1)
    other_words = finding("email-not-login", "oty1", affected_count=0)
    life.run(other_words, blind=("email-not-login",))
    assert len(texts(slack)) == 1


def test_after_an_outage_everything_is_one_message(life, slack):
    slack.fail("webhook", "no_service", times=2)
    for findings in ([EMAIL], [MORE]):
        assert not life.run(*findings).complete
        life.wait(hours=1)
    assert life.deliver().delivered == 2
    assert len(texts(slack)) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("no_service", "Slack: no_service at the webhook (the webhook was removed"),
        ("channel_is_archived", "Slack: channel_is_archived at the webhook (unarchive"),
        ("action_prohibited", "Slack: action_prohibited at the webhook"),
        ("invalid_token", "Slack: invalid_token at the webhook"),
    ],
)
def test_what_somebody_has_to_mend_is_said_and_kept(life, slack, error, said):
    slack.fail("webhook", error)
    delivered = life.run(EMAIL)
    assert delivered.errors[0].startswith(said)
    life.wait(hours=1)
    assert life.deliver().delivered == 1


def test_what_is_too_much_is_told_shorter(life, slack):
    slack.fail("webhook", "invalid_blocks")
    assert life.run(EMAIL).complete
    (message,) = slack.channel.messages.values()
    assert len(message.blocks) == 1


@pytest.mark.parametrize("answer", [500, 503])
def test_trouble_on_slacks_side_waits(life, slack, answer):
    slack.fail("webhook", answer)
    assert life.run(EMAIL).waiting == 1
    life.wait(hours=1)
    assert life.deliver().delivered == 1


def test_a_lost_answer_is_said_again_as_nothing_can_be_looked_up(life, slack):
    slack.fail("webhook", None, before_effect=False)
    (error,) = life.run(EMAIL).errors
    assert error == "Slack: the connection ended before the answer was complete at the webhook"
    life.wait(hours=1)
    assert life.deliver().delivered == 1
    assert len(texts(slack)) == 2


def test_a_long_rate_limit_is_kept_to(life, slack):
    slack.fail("webhook", "ratelimited", retry_after=7200)
    assert life.run(EMAIL).waiting == 1
    life.wait(hours=1)
    assert life.deliver().delivered == 0
    life.wait(hours=1)
    assert life.deliver().delivered == 1
