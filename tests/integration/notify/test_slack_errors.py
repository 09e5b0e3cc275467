"""Failures of Slack: each message is delivered once, later or shortened; nothing is lost."""

import socket
from contextlib import contextmanager
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from auditor.config.secrets import Secret
from auditor.notify.channel import DeliveryFailed, FailureKind
from auditor.notify.slack.api import Slack
from auditor.notify.slack.blocks import Message
from auditor.notify.slack.web_api import NoAnswer
from auditor.rule.severity import Severity
from auditor.sandbox.faults.sockets import refusing_port
from auditor.sandbox.slack.records import ALL_SCOPES
from tests.support.builders.findings import finding
from tests.support.notified_target import TargetAudits, sent_texts
from tests.support.peers.sandbox_app import serve

EMAIL = finding("email-not-login", "oty1")
MORE = finding("email-not-login", "oty1", affected_count=9)
LOST = {"answer": None, "before_effect": False}


@pytest.fixture(autouse=True)
def audited(audits, slack):
    audits.run()
    audits.wait(hours=1)
    slack.channel.messages.clear()
    slack.calls.clear()


def posts(slack) -> int:
    return sum(call.method == "chat.postMessage" for call in slack.calls)


@pytest.mark.parametrize(
    ("error", "remediation"),
    [
        ("channel_not_found", "check slack.channel and the routes"),
        ("not_in_channel", "invite the app"),
        ("is_archived", "unarchive the channel"),
        ("is_inactive", "reactivate it, or name another one"),
        ("invalid_auth", "the token is wrong"),
        ("token_revoked", "install the app again"),
        ("account_inactive", "install it again"),
        ("missing_scope", "add the scope"),
        ("restricted_action", "chat.postMessage: restricted_action (a setting"),
    ],
)
def test_an_error_that_needs_a_fix_is_reported_and_every_message_is_kept(
    audits, slack, error, remediation
):
    slack.fail("chat.postMessage", error)
    delivered = audits.run(EMAIL, finding(), finding("extra-attribute"))
    assert (delivered.delivered, delivered.waiting, delivered.failed) == (0, 3, 0)
    (line,) = delivered.errors
    assert line.startswith("Slack: #provisioning-drift: ")
    assert remediation in line
    assert posts(slack) == 1, "the others are not even tried"
    audits.wait(hours=1)
    assert audits.deliver().delivered == 3


@pytest.mark.parametrize("answer", ["internal_error", "fatal_error", "service_unavailable"])
def test_a_failure_of_slack_is_retried_by_the_next_audit(audits, slack, answer):
    slack.fail("chat.postMessage", answer)
    delivered = audits.run(EMAIL)
    assert (delivered.delivered, delivered.waiting) == (0, 1)
    assert audits.deliver().delivered == 0, "not before a pause"
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(sent_texts(slack)) == 1


def test_a_short_rate_limit_is_waited_for(audits, slack):
    slack.fail("chat.postMessage", "ratelimited", retry_after=0)
    assert audits.run(EMAIL).complete
    assert posts(slack) == 2


def test_a_long_rate_limit_postpones_the_message(audits, slack):
    slack.fail("chat.postMessage", "ratelimited", retry_after=7200)
    delivered = audits.run(EMAIL)
    (error,) = delivered.errors
    assert error == (
        "Slack: #provisioning-drift: chat.postMessage: ratelimited "
        "(Slack limits the requests; temporary: the next attempt can succeed)"
    )
    audits.wait(hours=1)
    assert audits.deliver().delivered == 0
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1


@pytest.mark.parametrize(
    "error", ["msg_blocks_too_long", "invalid_blocks", "msg_too_long", "invalid_blocks_format"]
)
def test_a_message_that_is_too_long_is_shortened(audits, slack, error):
    slack.fail("chat.postMessage", error)
    assert audits.run(EMAIL).complete
    (root,) = slack.channel.roots()
    assert len(root.blocks) == 1
    assert "Email is mapped from" in slack.transcript()


def test_a_message_that_slack_always_refuses_is_reported_as_failed_and_kept(audits, slack, store):
    slack.fail("chat.postMessage", "invalid_blocks", times=2)
    delivered = audits.run(EMAIL)
    assert (delivered.waiting, delivered.failed) == (0, 1)
    assert not delivered.complete
    assert store.outbox.backlog().failed == 1


def test_an_edit_that_is_too_long_is_shortened(audits, slack):
    audits.run(EMAIL)
    slack.fail("chat.update", "msg_blocks_too_long")
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    assert len(slack.channel.roots()[0].blocks) == 1


@pytest.mark.parametrize(
    "failure", [LOST, {"answer": 500, "before_effect": False}, {"answer": 503}]
)
def test_a_message_with_a_lost_answer_is_searched_and_not_posted_twice(audits, slack, failure):
    slack.fail("chat.postMessage", **failure)
    assert audits.run(EMAIL).complete
    assert len(sent_texts(slack)) == 1


def test_a_reply_with_a_lost_answer_is_searched_in_its_thread(audits, slack):
    audits.run(EMAIL)
    slack.fail("chat.postMessage", **LOST)
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    ((_, reply),) = sent_texts(slack)
    assert "Now worse" in reply


def test_a_connection_that_closes_before_the_request_is_retried(audits, slack):
    slack.fail("chat.postMessage", None)
    assert audits.run(EMAIL).complete
    assert (posts(slack), len(sent_texts(slack))) == (2, 1)


def test_after_a_timeout_the_next_attempt_searches_for_the_message(audits, slack):
    slack.fail("chat.postMessage", **LOST)
    slack.fail("conversations.history", None, times=3)
    delivered = audits.run(EMAIL)
    assert (delivered.waiting, len(sent_texts(slack))) == (1, 1)
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(sent_texts(slack)) == 1


def test_without_the_history_scope_a_message_with_a_lost_answer_is_posted_again(audits, slack):
    slack.tokens[slack.token] = ALL_SCOPES - {"channels:history"}
    slack.fail("chat.postMessage", **LOST)
    assert audits.run(EMAIL).waiting == 1
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(sent_texts(slack)) == 2


def test_an_edit_that_timed_out_is_repeated(audits, slack):
    audits.run(EMAIL)
    slack.fail("chat.update", None, times=2)
    audits.wait(hours=1)
    assert audits.run(MORE).complete


def test_a_refused_connection_is_reported(store, clock, configure):
    with refusing_port() as port:
        address = f'base_url = "http://127.0.0.1:{port}/api"'
        bot = f'[slack]\nchannel = "#provisioning-drift"\ntoken_env = "BOT"\n{address}\n'
        delivered = TargetAudits(store, clock, configure(bot)).run(EMAIL)
    (line,) = delivered.errors
    assert line == (
        f"Slack: #provisioning-drift: chat.postMessage: 127.0.0.1:{port} refuses the connection "
        "(check the address, and whether it is up)"
    )
    assert delivered.waiting == 1


def test_a_missing_token_prevents_only_the_delivery(store, clock, configure):
    bot = '[slack]\nchannel = "#provisioning-drift"\ntoken_env = "GONE"\n'
    audits = TargetAudits(store, clock, configure(bot))
    delivered = audits.run(EMAIL)
    (line,) = delivered.errors
    assert "slack.token_env: GONE is not set in the environment" in line
    assert delivered.waiting == 1


@contextmanager
def answering(body: object):
    async def answer(_: Request) -> JSONResponse:
        return JSONResponse(body)

    with serve(Starlette(routes=[Route("/api/{method}", answer, methods=["POST"])])) as origin:
        yield f"{origin}/api"


@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "messages": None}, [], "ok", None])
def test_an_unexpected_answer_neither_fails_the_audit_nor_counts_as_delivered(
    store, clock, configure, body
):
    with answering(body) as url:
        bot = f'[slack]\nchannel = "C00000001"\ntoken_env = "BOT"\nbase_url = "{url}"\n'
        delivered = TargetAudits(store, clock, configure(bot)).run(EMAIL)
    assert (delivered.delivered, delivered.waiting) == (0, 1)
    assert len(delivered.errors) == 1


@pytest.mark.parametrize("channel", ["#alerts", "C00000001"])
@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "channel": [], "channels": [{}]}])
def test_an_unexpected_answer_does_not_prove_that_a_channel_exists(body, channel):
    with answering(body) as url, pytest.raises(DeliveryFailed, match="unexpected answer"):
        Slack(Secret("xoxb"), f"{url}/").check_channel(channel)


def test_a_server_that_never_answers_has_a_timeout():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api/"
        slack = Slack(Secret("xoxb"), url, timeout=1)
        with pytest.raises(DeliveryFailed, match="no answer in time") as caught:
            slack.post("#x", Message(text="x", blocks=[]), key="k")
    assert (caught.value.kind, caught.value.uncertain) == (FailureKind.TEMPORARY, True)
    assert isinstance(caught.value, NoAnswer)
    assert caught.value.timed_out


def test_an_error_contains_no_part_of_the_message(audits, slack):
    slack.fail("chat.postMessage", 502)
    slack.fail("conversations.history", 502, times=3)
    (line,) = audits.run(finding("email-not-login", "Ada", severity=Severity.CRITICAL)).errors
    assert line == (
        "Slack: #provisioning-drift: chat.postMessage: status 502 "
        "(temporary: the next attempt can succeed)"
    )


def test_pauses_between_attempts_grow(audits, slack):
    slack.fail("chat.postMessage", "internal_error", times=6)
    audits.run(EMAIL)
    pauses = []
    while posts(slack) < 6:
        before, waited = posts(slack), timedelta()
        while posts(slack) == before:
            audits.wait(minutes=1)
            waited += timedelta(minutes=1)
            audits.deliver()
        pauses.append(waited.seconds // 60)
    assert pauses == [1, 5, 15, 60, 60]
