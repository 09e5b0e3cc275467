import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient


@pytest.fixture
def client(slack_emulator):
    return WebClient(token=slack_emulator.token, base_url=slack_emulator.base_url)


def test_a_posted_message_and_its_reply_can_be_read_back(slack_emulator, client):
    root = client.chat_postMessage(channel=slack_emulator.channel, text="drift")
    client.chat_postMessage(channel=slack_emulator.channel, text="fixed", thread_ts=root["ts"])
    thread = client.conversations_replies(channel=slack_emulator.channel, ts=root["ts"])
    assert [message["text"] for message in thread["messages"]] == ["drift", "fixed"]


def test_a_webhook_posts_into_the_channel(slack_emulator, client):
    assert WebhookClient(slack_emulator.webhook_url).send(text="drift").body == "ok"
    history = client.conversations_history(channel=slack_emulator.channel)
    assert [message["text"] for message in history["messages"]] == ["drift"]


def test_a_missing_scope_is_refused(client):
    with pytest.raises(SlackApiError, match="missing_scope"):
        client.users_list()
