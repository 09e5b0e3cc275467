"""The bot against an independent Slack: npm's `emulate`."""

import pytest
from slack_sdk import WebClient

from auditor.config.loading import load_settings
from tests.support.builders.findings import finding
from tests.support.notified_target import PROBLEM, TARGET_TABLE, TargetAudits
from tests.support.stores import delivery

EMAIL = finding("email-not-login", "oty1")
MORE = finding("email-not-login", "oty1", affected_count=9)


@pytest.fixture
def sent_texts(slack_emulator):
    """Return the messages of the channel, or of a thread in it, oldest first."""
    client = WebClient(token=slack_emulator.token, base_url=slack_emulator.base_url)

    def read(thread: str | None = None):
        asked = {"channel": slack_emulator.channel}
        if thread:
            return client.conversations_replies(ts=thread, **asked)["messages"]
        return client.conversations_history(**asked)["messages"][::-1]

    return read


@pytest.fixture
def targets(store, clock, tmp_path, slack_emulator):
    def target_with(table: str) -> TargetAudits:
        path = tmp_path / "auditor.toml"
        path.write_text(f"[slack]\n{table}\n{TARGET_TABLE}")
        environ = {"BOT": slack_emulator.token, "HOOK": slack_emulator.webhook_url, "T": "x"}
        return TargetAudits(store, clock, load_settings(path, environ))

    return target_with


@pytest.fixture
def bot(targets, slack_emulator):
    return targets(
        f'token_env = "BOT"\nchannel = "{slack_emulator.channel}"\n'
        f'base_url = "{slack_emulator.base_url.rstrip("/")}"'
    )


def test_a_bot_sends_all_updates_of_an_incident_in_one_thread(bot, sent_texts):
    for findings in ([], [EMAIL], [MORE], []):
        delivered = bot.run(*findings)
        assert delivered.complete, delivered.errors
        bot.wait(hours=1)
    _, root = sent_texts()
    root_text, worse, resolved = (each["text"] for each in sent_texts(root["ts"]))
    assert root_text.startswith("Resolved after ")
    assert worse.startswith(PROBLEM + "Now worse")
    assert resolved.startswith("production: Resolved after ")


def test_an_uncertain_delivery_is_found_by_its_key(bot, sent_texts, store, clock, slack_emulator):
    bot.run()
    bot.wait(hours=1)
    bot.audit(EMAIL)
    with delivery(store) as claims:
        (item,) = claims.claim(9, at=clock[-1])
        claims.retry(item, "lost", at=clock[-1], retry_at=clock[-1], uncertain=True)
    client = WebClient(token=slack_emulator.token, base_url=slack_emulator.base_url)
    client.chat_postMessage(
        channel=slack_emulator.channel,
        text="it did arrive",
        metadata={
            "event_type": "unleash_okta_auditor",
            "event_payload": {"key": f"production/{item.key}"},
        },
    )
    assert bot.deliver().complete
    assert len(sent_texts()) == 2


def test_a_webhook_sends_each_update_as_a_message(targets, sent_texts):
    hook = targets('webhook_url_env = "HOOK"')
    for findings in ([], [EMAIL], []):
        assert hook.run(*findings).complete
        hook.wait(hours=1)
    assert len(sent_texts()) == 3
