"""Files and blocks, and their limits."""

import pytest
from slack_sdk.errors import SlackApiError

from tests.support.plain_http import plain_post
from tests.support.sandbox_slack import refusal, section


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
