"""The sandbox's Slack, used with Slack's own SDK."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.webhook import WebhookClient
from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.sandbox.slack.app import slack_app
from auditor.sandbox.slack.records import ALL_SCOPES
from auditor.sandbox.slack.state import SlackState
from tests.support.peers.sandbox_app import serve
from tests.support.plain_http import plain_post

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DRIFT = {"event_type": "drift", "event_payload": {"key": "k-1"}}


class Slack:
    """A fresh workspace behind a served app, and the SDK's clients for it."""

    def __init__(self, origin: str, state: SlackState) -> None:
        self.origin = origin
        self.state = state

    def client(self, token: str = "") -> WebClient:
        token = token or self.state.token
        return WebClient(token, base_url=f"{self.origin}/api/", retry_handlers=[], timeout=10)

    def webhook(self, path: str = "") -> WebhookClient:
        return WebhookClient(f"{self.origin}{path or self.state.webhook_path}", retry_handlers=[])


@pytest.fixture
def clock() -> list[datetime]:
    """Return the list of times; the last item is now."""
    return [MORNING]


class ReplaceableApp:
    """One server whose app is replaced for each test."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[ReplaceableApp, str]]:
    app = ReplaceableApp()
    with serve(app) as origin:
        yield app, origin


@pytest.fixture
def slack(clock, served) -> Slack:
    app, origin = served
    state = SlackState(now=lambda: clock[-1])
    app.app = slack_app(state)
    return Slack(origin, state)


def refusal(call, *arguments, **named) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(*arguments, **named)
    return str(caught.value.response["error"])


def section(text: str, kind: str = "mrkdwn") -> dict[str, object]:
    return {"type": "section", "text": {"type": kind, "text": text}}


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


def test_a_file_goes_into_a_thread(slack):
    client, channel = slack.client(), slack.state.channel
    root = client.chat_postMessage(channel=channel.id, text="weekly")["ts"]
    answer = client.files_upload_v2(
        content="<html></html>",
        filename="report.html",
        title="Report",
        channel=channel.id,
        thread_ts=root,
        initial_comment="The whole report",
    )
    (reply,) = channel.replies(root)
    assert reply.text == "The whole report"
    assert reply.files[0].content == b"<html></html>"
    assert answer["file"]["title"] == "Report"
    assert [call.method for call in slack.state.calls][1:] == [
        "files.getUploadURLExternal",
        "upload",
        "files.completeUploadExternal",
    ]


def test_a_file_that_was_not_uploaded_cannot_be_shared(slack):
    client = slack.client()
    named = client.files_getUploadURLExternal(filename="report.html", length=9)["file_id"]
    sharing = refusal(client.files_completeUploadExternal, files=[{"id": named, "title": "x"}])
    assert sharing == "file_not_found"
    short = plain_post(f"{slack.origin}/upload/v1/{named}", content=b"short")
    assert short.status_code == 400


LONG = "x" * 3001
TOO_MUCH = [
    pytest.param([section("x")] * 51, "no more than 50 items allowed", id="blocks"),
    pytest.param([section(LONG)], "must be less than 3001 characters", id="section"),
    pytest.param([section("")], "must be more than 0 characters", id="nothing"),
    pytest.param([{"type": "section"}], "missing required field", id="bare section"),
    pytest.param(
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        "must be less than 151 characters",
        id="header",
    ),
    pytest.param(
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        "must be a text object of plain_text",
        id="header's kind",
    ),
    pytest.param(
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
        "no more than 10 items allowed",
        id="fields",
    ),
    pytest.param(
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}],
        "must be less than 2001 characters",
        id="field",
    ),
    pytest.param(
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
        "no more than 10 items allowed",
        id="context",
    ),
    pytest.param(
        [{"type": "actions", "elements": []}], "no fewer than 1 items allowed", id="no actions"
    ),
    pytest.param(
        [
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Open"},
                        "url": "javascript:alert(1)",
                    }
                ],
            }
        ],
        "invalid url",
        id="url",
    ),
    pytest.param(
        [section("x") | {"block_id": "a"}, section("y") | {"block_id": "a"}],
        "block_id already exists",
        id="ids",
    ),
    pytest.param([{"type": "marquee"}], "unsupported type: marquee", id="type"),
    pytest.param(
        [
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}
                ],
            }
        ],
        "must be more than 0 characters",
        id="empty rich text",
    ),
    pytest.param({"type": "section"}, "must be an array of blocks", id="no array"),
]


@pytest.mark.parametrize(("blocks", "complaint"), TOO_MUCH)
def test_blocks_beyond_slacks_limits(slack, blocks, complaint):
    with pytest.raises(SlackApiError) as caught:
        slack.client().chat_postMessage(channel="C00000001", text="x", blocks=blocks)
    assert caught.value.response["error"] == "invalid_blocks"
    assert complaint in caught.value.response["response_metadata"]["messages"][0]
    assert slack.webhook().send(text="x", blocks=blocks).body == "invalid_blocks"
    assert slack.state.channel.messages == {}


def test_blocks_at_slacks_limits(slack):
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
        section("x" * 3000),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 600}] * 10},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 10},
        *[{"type": "divider"}] * 46,
    ]
    assert slack.client().chat_postMessage(channel="C00000001", text="x", blocks=blocks)["ok"]


def test_too_much_text_over_all_blocks(slack):
    post = slack.client().chat_postMessage
    fits = [section("x" * 2640)] * 5
    assert post(channel="C00000001", text="x", blocks=fits)["ok"]
    beyond = [*fits, section("x")]
    assert refusal(post, channel="C00000001", text="x", blocks=beyond) == "msg_blocks_too_long"


def test_a_message_needs_a_text(slack):
    post = slack.client().api_call
    for text, error in (("", "no_text"), ("x" * 40_001, "msg_too_long")):
        arguments = {"channel": "C00000001", "text": text}
        assert refusal(post, "chat.postMessage", params=arguments) == error


def test_a_form_has_the_same_effect_as_json(slack):
    answer = plain_post(
        f"{slack.origin}/api/chat.postMessage",
        data={
            "token": slack.state.token,
            "channel": "C00000001",
            "text": "x",
            "blocks": '[{"type": "divider"}]',
        },
    )
    assert answer.json()["message"]["blocks"] == [{"type": "divider"}]
    assert "token" not in slack.state.calls[0].arguments


def test_a_webhook_posts(slack):
    answer = slack.webhook().send(text="hello", blocks=[section("*hello*")])
    assert (answer.status_code, answer.body) == (200, "ok")
    (message,) = slack.state.channel.messages.values()
    assert message.by_webhook
    (shown,) = slack.client().conversations_history(channel="C00000001")["messages"]
    assert shown["subtype"] == "bot_message"


def test_a_webhook_refuses_invalid_messages(slack):
    post = slack.webhook().send
    assert (post(text="").status_code, post(text="").body) == (400, "no_text")
    unknown = slack.webhook("/services/T0/B0/none").send(text="x")
    assert (unknown.status_code, unknown.body) == (404, "no_service")
    broken = plain_post(f"{slack.origin}{slack.state.webhook_path}", content=b"{")
    assert (broken.status_code, broken.text) == (400, "invalid_payload")
    slack.state.channel.archived = True
    archived = post(text="x")
    assert (archived.status_code, archived.body) == (410, "channel_is_archived")


def test_a_webhook_can_be_forbidden(slack):
    slack.state.fail("webhook", "action_prohibited")
    answer = slack.webhook().send(text="x")
    assert (answer.status_code, answer.body) == (403, "action_prohibited")
    assert slack.webhook().send(text="x").body == "ok"


def test_a_webhook_records_bytes_and_headers(slack):
    body = '{"name":"Zoë"}'.encode()
    signature = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    answer = plain_post(
        f"{slack.origin}/hook/pager", content=body, headers={"X-Signature": signature}
    )
    assert answer.status_code == 204
    (delivery,) = slack.state.deliveries["pager"]
    assert delivery.body == body
    assert delivery.headers["x-signature"] == signature


@pytest.mark.parametrize("error", ["channel_not_found", "invalid_auth", "msg_blocks_too_long"])
def test_a_scripted_error_comes_once_and_does_nothing(slack, error):
    slack.state.fail("chat.postMessage", error)
    post = slack.client().chat_postMessage
    assert refusal(post, channel="C00000001", text="1") == error
    assert slack.state.channel.messages == {}
    assert post(channel="C00000001", text="2")["ok"]
    assert [call.arguments["text"] for call in slack.state.calls] == ["1", "2"]


def test_scripted_failures_come_in_their_order(slack):
    slack.state.fail("chat.postMessage", 500, times=2)
    slack.state.fail("chat.postMessage", 503)
    codes = [
        plain_post(f"{slack.origin}/api/chat.postMessage", data={"token": "x"}).status_code
        for _ in range(4)
    ]
    assert codes == [500, 500, 503, 200]


def test_a_rate_limit_has_a_retry_after_header(slack):
    slack.state.fail("chat.postMessage", "ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        slack.client().chat_postMessage(channel="C00000001", text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["retry-after"] == "7"


def test_the_sdk_waits_and_posts_once(slack):
    slack.state.fail("chat.postMessage", "ratelimited", retry_after=0)
    client = slack.client()
    client.retry_handlers.append(RateLimitErrorRetryHandler())
    assert client.chat_postMessage(channel="C00000001", text="x")["ok"]
    assert len(slack.state.calls) == 2
    assert len(slack.state.channel.messages) == 1


@pytest.mark.parametrize(("before_effect", "posted"), [(True, 0), (False, 1)])
def test_a_connection_cut_before_or_after_the_effect(slack, before_effect, posted):
    slack.state.fail("chat.postMessage", before_effect=before_effect)
    with pytest.raises(ConnectionError):
        slack.client().chat_postMessage(channel="C00000001", text="x")
    assert len(slack.state.channel.messages) == posted
    assert slack.client().chat_postMessage(channel="C00000001", text="y")["ok"]


def test_an_effect_can_be_hidden_behind_an_error(slack):
    slack.state.fail("webhook", 500, before_effect=False)
    assert slack.webhook().send(text="x").status_code == 500
    assert len(slack.state.channel.messages) == 1


def test_the_transcript_shows_messages_as_users_see_them(slack, clock):
    client, state = slack.client(), slack.state
    state.names |= {"U1": "maria", "S1": "security-team"}
    channel = state.channel.id
    root = client.chat_postMessage(channel=channel, text="drift", blocks=[section("old")])["ts"]
    clock.append(MORNING + timedelta(minutes=75))
    client.chat_postMessage(
        channel=channel,
        text="<!here> <https://example.com|see> &lt;b&gt; <@U1> <!subteam^S1> <#C2|general>",
        thread_ts=root,
    )
    clock.append(MORNING + timedelta(hours=2))
    client.chat_update(
        channel=channel,
        ts=root,
        text="drift",
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": "Email is not the login"}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "*High* since Monday"},
                "fields": [
                    {"type": "plain_text", "text": "<!channel> & co"},
                    {"type": "mrkdwn", "text": "two\nlines"},
                ],
            },
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "Affected, as stated by "},
                            {"type": "user", "user_id": "U1"},
                            {"type": "text", "text": " to "},
                            {"type": "usergroup", "usergroup_id": "S1"},
                            {"type": "emoji", "name": "wave"},
                        ],
                    },
                    {
                        "type": "rich_text_list",
                        "style": "bullet",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [
                                    {"type": "text", "text": "<https://evil.example|Ann>"}
                                ],
                            },
                            {
                                "type": "rich_text_section",
                                "elements": [
                                    {"type": "link", "url": "https://a.example", "text": "Bo"}
                                ],
                            },
                        ],
                    },
                    {
                        "type": "rich_text_preformatted",
                        "elements": [{"type": "text", "text": "one\ntwo"}],
                    },
                ],
            },
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Open in Okta"},
                        "url": "https://okta.example/app",
                    }
                ],
            },
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "run 12"}]},
        ],
    )
    client.reactions_add(channel=channel, timestamp=root, name="eyes")
    slack.webhook().send(text="plain")
    assert state.transcript() == (
        "#provisioning-drift\n"
        "\n"
        "[2026-03-02 08:00] auditor (edited) :eyes:\n"
        "  # Email is not the login\n"
        "  *High* since Monday\n"
        "  <!channel> & co\n"
        "  two\n"
        "  lines\n"
        "  Affected, as stated by @maria to @security-team:wave:\n"
        "  • <https://evil.example|Ann>\n"
        "  • Bo (https://a.example)\n"
        "      one\n"
        "      two\n"
        "  [Open in Okta → https://okta.example/app]\n"
        "  ---\n"
        "  · run 12\n"
        "    [2026-03-02 09:15] auditor\n"
        "      @here see (https://example.com) <b> @maria @security-team #general\n"
        "\n"
        "[2026-03-02 10:00] webhook\n"
        "  plain\n"
    )


def test_a_transcript_shows_files_and_other_channels(slack):
    slack.state.add_channel("reports")
    slack.client().files_upload_v2(content="x" * 1234, filename="r.html", channel="C00000002")
    assert slack.state.transcript("reports").splitlines()[-1] == "  (file: r.html, 1,234 bytes)"
    with pytest.raises(KeyError, match="nowhere"):
        slack.state.transcript("nowhere")
