"""Messages, threads and channels of the sandbox's Slack."""

from datetime import timedelta

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from auditor.sandbox.slack.records import ALL_SCOPES
from tests.support.plain_http import plain_post
from tests.support.sandbox_slack import MORNING, refusal, section

DRIFT = {"event_type": "drift", "event_payload": {"key": "k-1"}}


def test_auth_test_returns_the_bot_and_its_scopes(slack):
    answer = slack.client().auth_test()
    assert answer["bot_id"].startswith("B")
    assert answer["team"] == "Sandbox"
    assert set(answer.headers["x-oauth-scopes"].split(",")) == ALL_SCOPES


def test_api_test_needs_no_token(slack):
    assert WebClient(base_url=f"{slack.origin}/api/").api_test(foo="bar")["args"] == {"foo": "bar"}
    assert refusal(slack.client().api_test, error="on_purpose") == "on_purpose"


def test_an_unknown_token_and_none(slack):
    assert refusal(slack.client("xoxb-else").auth_test) == "invalid_auth"
    bare = plain_post(f"{slack.origin}/api/auth.test")
    assert bare.json() == {"ok": False, "error": "not_authed"}


def test_an_unknown_method(slack):
    assert refusal(slack.client().api_call, "chat.shout") == "unknown_method"


@pytest.mark.parametrize(
    ("scope", "method", "arguments"),
    [
        ("chat:write", "chat.postMessage", {"text": "x"}),
        ("chat:write", "chat.update", {"text": "x", "ts": "1"}),
        ("channels:history", "conversations.history", {}),
        ("channels:history", "conversations.replies", {"ts": "1"}),
        ("channels:read", "conversations.info", {}),
        ("channels:read", "conversations.list", {}),
        ("reactions:write", "reactions.add", {"timestamp": "1", "name": "eyes"}),
        ("files:write", "files.getUploadURLExternal", {"filename": "a", "length": 1}),
        ("files:write", "files.completeUploadExternal", {"files": "[]"}),
    ],
)
def test_a_missing_scope_is_named(slack, scope, method, arguments):
    token = slack.state.add_token("xoxb-small", ALL_SCOPES - {scope})
    with pytest.raises(SlackApiError) as caught:
        slack.client(token).api_call(
            method, params={"channel": slack.state.channel.id, **arguments}
        )
    answer = caught.value.response
    assert answer["error"] == "missing_scope"
    assert answer["needed"] == scope
    assert answer["provided"] == ",".join(sorted(ALL_SCOPES - {scope}))


def test_a_private_channel_needs_another_scope(slack):
    private = slack.state.add_channel("quiet", private=True)
    token = slack.state.add_token("xoxb-public", ALL_SCOPES - {"groups:history"})
    with pytest.raises(SlackApiError) as caught:
        slack.client(token).conversations_history(channel=private.id)
    assert caught.value.response["needed"] == "groups:history"


@pytest.mark.parametrize("name", ["C00000001", "provisioning-drift", "#provisioning-drift"])
def test_posting_by_id_and_by_name(slack, name):
    answer = slack.client().chat_postMessage(channel=name, text="hello", metadata=DRIFT)
    assert answer["channel"] == "C00000001"
    assert answer["message"]["text"] == "hello"
    assert answer["message"]["metadata"] == DRIFT
    assert slack.state.channel.messages[answer["ts"]].text == "hello"


def test_a_ts_depends_on_clock_and_order_only(slack, clock):
    client, channel = slack.client(), slack.state.channel.id
    clock.append(MORNING + timedelta(hours=1))
    first = client.chat_postMessage(channel=channel, text="1")["ts"]
    clock.append(MORNING)
    second = client.chat_postMessage(channel=channel, text="2")["ts"]
    assert (first, second) == ("1772442000.000001", "1772442000.000002")


def test_channels_that_cannot_be_posted_to(slack):
    state, client = slack.state, slack.client()
    away = state.add_channel("away", joined=False)
    hidden = state.add_channel("hidden", private=True, joined=False)
    state.add_channel("old").archived = True
    assert refusal(client.chat_postMessage, channel="nowhere", text="x") == "channel_not_found"
    assert refusal(client.chat_postMessage, channel=hidden.id, text="x") == "channel_not_found"
    assert refusal(client.chat_postMessage, channel=away.id, text="x") == "not_in_channel"
    assert refusal(client.chat_postMessage, channel="old", text="x") == "is_archived"
    assert refusal(client.conversations_history, channel=away.id) == "not_in_channel"


def test_a_scope_lets_the_bot_post_where_it_is_not(slack):
    away = slack.state.add_channel("away", joined=False)
    token = slack.state.add_token("xoxb-public", ALL_SCOPES | {"chat:write.public"})
    assert slack.client(token).chat_postMessage(channel=away.id, text="x")["ok"]


def test_threads(slack):
    client, channel = slack.client(), slack.state.channel.id
    root = client.chat_postMessage(channel=channel, text="root")["ts"]
    reply = client.chat_postMessage(channel=channel, text="reply", thread_ts=root)["ts"]
    other = client.chat_postMessage(channel=channel, text="other")["ts"]
    loud = client.chat_postMessage(
        channel=channel, text="loud", thread_ts=root, reply_broadcast=True
    )["ts"]
    history = client.conversations_history(channel=channel)["messages"]
    assert [message["ts"] for message in history] == [loud, other, root]
    assert history[2]["reply_count"] == 2
    assert history[2]["latest_reply"] == loud
    replies = client.conversations_replies(channel=channel, ts=root)["messages"]
    assert [message["ts"] for message in replies] == [root, reply, loud]
    assert {message["thread_ts"] for message in replies} == {root}


def test_a_thread_that_does_not_exist(slack):
    client, channel = slack.client(), slack.state.channel.id
    assert refusal(client.conversations_replies, channel=channel, ts="1.1") == "thread_not_found"
    assert (
        refusal(client.chat_postMessage, channel=channel, text="x", thread_ts="1.1")
        == "thread_not_found"
    )


def test_history_shows_metadata_only_when_asked(slack):
    client, channel = slack.client(), slack.state.channel.id
    client.chat_postMessage(channel=channel, text="x", metadata=DRIFT)
    without = client.conversations_history(channel=channel)["messages"]
    with_all = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert "metadata" not in without[0]
    assert with_all[0]["metadata"] == DRIFT


def test_metadata_has_a_required_format(slack):
    answer = refusal(
        slack.client().chat_postMessage,
        channel=slack.state.channel.id,
        text="x",
        metadata={"event_type": "drift"},
    )
    assert answer == "invalid_metadata_format"


def test_history_comes_in_pages(slack):
    client, channel = slack.client(), slack.state.channel.id
    sent = [client.chat_postMessage(channel=channel, text=str(n))["ts"] for n in range(5)]
    pages = [
        [message["ts"] for message in page["messages"]]
        for page in client.conversations_history(channel=channel, limit=2)
    ]
    assert pages == [[sent[4], sent[3]], [sent[2], sent[1]], [sent[0]]]


@pytest.mark.parametrize(("inclusive", "seen"), [(False, ["2"]), (True, ["3", "2", "1"])])
def test_history_between_two_times(slack, inclusive, seen):
    client, channel = slack.client(), slack.state.channel.id
    sent = [client.chat_postMessage(channel=channel, text=str(n))["ts"] for n in range(5)]
    found = client.conversations_history(
        channel=channel, oldest=sent[1], latest=sent[3], inclusive=inclusive
    )
    assert [message["text"] for message in found["messages"]] == seen


def test_an_edit_replaces_and_keeps_what_it_does_not_name(slack):
    client, channel = slack.client(), slack.state.channel.id
    ts = client.chat_postMessage(
        channel=channel, text="open", blocks=[section("open")], metadata=DRIFT
    )["ts"]
    client.chat_update(channel=channel, ts=ts, text="closed", blocks=[section("closed")])
    message = slack.state.channel.messages[ts]
    assert (message.text, message.blocks, message.metadata) == (
        "closed",
        [section("closed")],
        DRIFT,
    )
    client.chat_update(channel=channel, ts=ts, text="only text", metadata={})
    assert (message.text, message.blocks, message.metadata) == ("only text", [], None)
    assert message.edits == 2


def test_an_edit_needs_the_channels_id_and_the_bots_own_message(slack):
    client, channel = slack.client(), slack.state.channel
    slack.webhook().send(text="by webhook")
    (ts,) = channel.messages
    edit = client.chat_update
    assert refusal(edit, channel=channel.name, ts=ts, text="x") == "channel_not_found"
    assert refusal(edit, channel=channel.id, ts="1.1", text="x") == "message_not_found"
    assert refusal(edit, channel=channel.id, ts=ts, text="x") == "cant_update_message"


def test_permalinks(slack):
    client, channel = slack.client(), slack.state.channel.id
    root = client.chat_postMessage(channel=channel, text="root")["ts"]
    reply = client.chat_postMessage(channel=channel, text="reply", thread_ts=root)["ts"]
    of_root = client.chat_getPermalink(channel=channel, message_ts=root)["permalink"]
    of_reply = client.chat_getPermalink(channel=channel, message_ts=reply)["permalink"]
    assert of_root.endswith(f"/archives/{channel}/p{root.replace('.', '')}")
    assert of_reply.endswith(f"?thread_ts={root}&cid={channel}")


def test_reactions(slack):
    client, channel = slack.client(), slack.state.channel.id
    ts = client.chat_postMessage(channel=channel, text="x")["ts"]
    client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    (seen,) = client.conversations_history(channel=channel)["messages"]
    assert seen["reactions"][0]["name"] == "eyes"
    again = refusal(client.reactions_add, channel=channel, timestamp=ts, name="eyes")
    assert again == "already_reacted"


def test_the_list_of_channels(slack):
    slack.state.add_channel("quiet", private=True)
    slack.state.add_channel("hidden", private=True, joined=False)
    client = slack.client()
    public = client.conversations_list()["channels"]
    both = client.conversations_list(types="public_channel,private_channel")["channels"]
    assert [channel["name"] for channel in public] == ["provisioning-drift"]
    assert [channel["name"] for channel in both] == ["provisioning-drift", "quiet"]
    assert client.conversations_info(channel="C00000001")["channel"]["is_member"] is True
