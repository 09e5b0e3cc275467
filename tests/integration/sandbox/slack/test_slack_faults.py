"""Incoming webhooks, scripted failures and the transcript."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.support.plain_http import plain_post
from tests.support.sandbox_slack import MORNING, refusal, section


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
