"""Slack's transport: no redirect, bounded answers, uploads without the token, own messages only."""

import gzip
from datetime import UTC, datetime

import pytest

from auditor.config.secrets import Secret
from auditor.net.bounded_request import MAX_ANSWER_BYTES
from auditor.notify.channel import DeliveryFailed, FailureKind
from auditor.notify.slack.api import METADATA_EVENT_TYPE, Posted, Slack
from auditor.notify.slack.api_errors import NameUnresolved
from auditor.notify.slack.blocks import Message
from auditor.sandbox.slack.records import ALL_SCOPES
from tests.support.builders.findings import finding
from tests.support.peers.canned_server import answer, serving

TOKEN = Secret("xoxb-5ecret")
SAMPLE = Message(text="something", blocks=[])
POSTED = Posted("C00000001", "1764000000.000100")
KEY = {"event_type": METADATA_EVENT_TYPE, "event_payload": {"key": "k"}}


def slack_at(peer) -> Slack:
    return Slack(TOKEN, f"{peer.url}/api/")


def test_a_post_has_the_token_in_its_header_only():
    with serving(answer({"ok": True, "channel": "C00000001", "ts": "1.1"})) as peer:
        assert slack_at(peer).post("#drift", SAMPLE, key="k") == ("C00000001", "1.1")
    (request,) = peer.requests
    assert request.headers["authorization"] == "Bearer xoxb-5ecret"
    assert "5ecret" not in str(request.url)


def test_an_answer_that_decompresses_beyond_the_limit_is_not_read_completely():
    bomb = gzip.compress(b" " * (MAX_ANSWER_BYTES + 1))
    with (
        serving(answer(bomb, content_encoding="gzip")) as peer,
        pytest.raises(DeliveryFailed) as failure,
    ):
        slack_at(peer).post("#drift", SAMPLE, key="k")
    assert (failure.value.kind, failure.value.uncertain) == (FailureKind.TEMPORARY, True)


def test_the_token_is_not_sent_to_the_upload_address():
    with serving(answer({"ok": True})) as peer:
        peer.answer_with(
            answer({"ok": True, "upload_url": f"{peer.url}/upload/v1/F1", "file_id": "F1"}),
            answer("OK"),
            answer({"ok": True, "files": []}),
        )
        slack_at(peer).upload(POSTED, "report.html", b"<!doctype html>")
    asked, upload, shared = peer.requests
    assert "authorization" not in upload.headers
    assert upload.url.path == "/upload/v1/F1"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert shared.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("url", ["https://evil.example/u", "http://files.slack.com/u", "file:///x"])
def test_an_upload_address_outside_slack_is_refused(url):
    with (
        serving(answer({"ok": True, "upload_url": url, "file_id": "F1"})) as peer,
        pytest.raises(DeliveryFailed, match="an upload address outside Slack"),
    ):
        slack_at(peer).upload(POSTED, "report.html", b"x")
    assert len(peer.requests) == 1


def test_a_list_with_more_than_ten_thousand_channels_proves_no_absence():
    page = {"ok": True, "channels": [], "response_metadata": {"next_cursor": "more"}}
    with serving(answer(page)) as peer, pytest.raises(NameUnresolved) as failure:
        slack_at(peer).id_of("#drift")
    assert "more than 10,000 channels" in str(failure.value)
    assert failure.value.kind is FailureKind.NEEDS_FIX
    assert len(peer.requests) == 10


@pytest.mark.parametrize("error", ["missing_argument", "team_access_not_granted", "missing_scope"])
def test_a_refused_list_leaves_the_name_unresolved(error):
    with (
        serving(answer({"ok": False, "error": error})) as peer,
        pytest.raises(NameUnresolved, match=r"write its id, C…"),
    ):
        slack_at(peer).id_of("#drift")


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ({"bot_id": "B1", "user": "U9"}, True),
        ({"user": "U1"}, True),
        ({"bot_id": "B9", "user": "U9"}, False),
        ({}, False),
    ],
)
def test_only_our_own_message_counts_as_delivered(author, found):
    history = {"ok": True, "messages": [{"ts": "1.1", "metadata": KEY, **author}]}
    who = {"ok": True, "user": "auditor", "team": "T", "user_id": "U1", "bot_id": "B1"}
    with serving(answer(history), answer(who)) as peer:
        at = slack_at(peer).find("C00000001", "k", since=datetime(2026, 1, 5, tzinfo=UTC))
    assert at == (Posted("C00000001", "1.1") if found else None)


def test_a_lost_answer_in_a_channel_that_cannot_be_listed_is_not_posted_again(audits, slack):
    slack.tokens[slack.token] = ALL_SCOPES - {"channels:read", "groups:read"}
    slack.fail("chat.postMessage", None, before_effect=False)
    audits.run()
    for _ in range(3):
        audits.wait(hours=1)
        delivered = audits.deliver()
        assert (delivered.delivered, delivered.waiting) == (0, 1)
        assert "the id of the channel is not known" in delivered.errors[0]
    assert len(slack.channel.messages) == 1
    slack.tokens[slack.token] = ALL_SCOPES
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(slack.channel.messages) == 1


def test_the_id_of_an_earlier_answer_is_used_to_search_for_a_lost_message(audits, slack):
    audits.run(finding())
    slack.tokens[slack.token] = ALL_SCOPES - {"channels:read", "groups:read"}
    slack.fail("chat.postMessage", None, before_effect=False)
    audits.wait(hours=1)
    assert audits.run(finding(), finding("email-not-login", "oty1")).complete
    roots = [each.text.partition(".")[0] for each in slack.channel.roots()]
    assert len(roots) == len(set(roots)) == 2
