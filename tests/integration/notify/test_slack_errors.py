"""Failures of Slack: a message is delivered once, later or in one line; nothing is lost."""

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
        ("restricted_action", "restricted_action at chat.postMessage"),
    ],
)
def test_what_somebody_has_to_mend_is_said_and_everything_is_kept(
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
def test_trouble_on_slacks_side_waits_for_the_next_run(audits, slack, answer):
    slack.fail("chat.postMessage", answer)
    delivered = audits.run(EMAIL)
    assert (delivered.delivered, delivered.waiting) == (0, 1)
    assert audits.deliver().delivered == 0, "not before a pause"
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(sent_texts(slack)) == 1


def test_a_short_rate_limit_is_waited_out(audits, slack):
    slack.fail("chat.postMessage", "ratelimited", retry_after=0)
    assert audits.run(EMAIL).complete
    assert posts(slack) == 2


def test_a_long_rate_limit_is_not_waited_out_but_kept_to(audits, slack):
    slack.fail("chat.postMessage", "ratelimited", retry_after=7200)
    delivered = audits.run(EMAIL)
    assert delivered.errors == ("Slack: #provisioning-drift: ratelimited at chat.postMessage",)
    audits.wait(hours=1)
    assert audits.deliver().delivered == 0
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1


@pytest.mark.parametrize(
    "error", ["msg_blocks_too_long", "invalid_blocks", "msg_too_long", "invalid_blocks_format"]
)
def test_what_is_too_much_is_told_shorter(audits, slack, error):
    slack.fail("chat.postMessage", error)
    assert audits.run(EMAIL).complete
    (root,) = slack.channel.roots()
    assert len(root.blocks) == 1
    assert "Email is mapped from" in slack.transcript()


def test_what_slack_will_never_take_is_given_up_loudly_and_kept(audits, slack, store):
    slack.fail("chat.postMessage", "invalid_blocks", times=2)
    delivered = audits.run(EMAIL)
    assert (delivered.waiting, delivered.failed) == (0, 1)
    assert not delivered.complete
    assert store.outbox.backlog().failed == 1


def test_an_edit_that_is_too_much_is_shorter(audits, slack):
    audits.run(EMAIL)
    slack.fail("chat.update", "msg_blocks_too_long")
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    assert len(slack.channel.roots()[0].blocks) == 1


@pytest.mark.parametrize(
    "failure", [LOST, {"answer": 500, "before_effect": False}, {"answer": 503}]
)
def test_a_lost_answer_is_looked_for_and_nothing_is_said_twice(audits, slack, failure):
    slack.fail("chat.postMessage", **failure)
    assert audits.run(EMAIL).complete
    assert len(sent_texts(slack)) == 1


def test_a_lost_answer_to_a_reply_is_looked_for_in_its_thread(audits, slack):
    audits.run(EMAIL)
    slack.fail("chat.postMessage", **LOST)
    audits.wait(hours=1)
    assert audits.run(MORE).complete
    ((_, reply),) = sent_texts(slack)
    assert "Now worse" in reply


def test_a_connection_cut_before_anything_arrived_is_tried_again(audits, slack):
    slack.fail("chat.postMessage", None)
    assert audits.run(EMAIL).complete
    assert (posts(slack), len(sent_texts(slack))) == (2, 1)


def test_when_nothing_answers_the_next_attempt_searches_for_the_message(audits, slack):
    slack.fail("chat.postMessage", **LOST)
    slack.fail("conversations.history", None, times=3)
    delivered = audits.run(EMAIL)
    assert (delivered.waiting, len(sent_texts(slack))) == (1, 1)
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(sent_texts(slack)) == 1


def test_without_the_history_scope_a_lost_answer_is_said_again(audits, slack):
    slack.tokens[slack.token] = ALL_SCOPES - {"channels:history"}
    slack.fail("chat.postMessage", **LOST)
    assert audits.run(EMAIL).waiting == 1
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    assert len(sent_texts(slack)) == 2


def test_a_hung_edit_is_made_again(audits, slack):
    audits.run(EMAIL)
    slack.fail("chat.update", None, times=2)
    audits.wait(hours=1)
    assert audits.run(MORE).complete


def test_nobody_listens(store, clock, configure):
    with refusing_port() as port:
        address = f'base_url = "http://127.0.0.1:{port}/api"'
        bot = f'[slack]\nchannel = "#provisioning-drift"\ntoken_env = "BOT"\n{address}\n'
        delivered = TargetAudits(store, clock, configure(bot)).run(EMAIL)
    (line,) = delivered.errors
    assert line == (
        f"Slack: #provisioning-drift: 127.0.0.1:{port} refuses the connection "
        "(check the address, and whether it is up) at chat.postMessage"
    )
    assert delivered.waiting == 1


def test_a_token_that_is_not_there_costs_the_telling_only(store, clock, configure):
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
def test_an_odd_answer_never_breaks_a_run_nor_counts_as_told(store, clock, configure, body):
    with answering(body) as url:
        bot = f'[slack]\nchannel = "C00000001"\ntoken_env = "BOT"\nbase_url = "{url}"\n'
        delivered = TargetAudits(store, clock, configure(bot)).run(EMAIL)
    assert (delivered.delivered, delivered.waiting) == (0, 1)
    assert len(delivered.errors) == 1


@pytest.mark.parametrize("channel", ["#alerts", "C00000001"])
@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "channel": [], "channels": [{}]}])
def test_a_channel_is_not_there_because_an_odd_answer_does_not_deny_it(body, channel):
    with answering(body) as url, pytest.raises(DeliveryFailed, match="unexpected answer"):
        Slack(Secret("xoxb"), f"{url}/").check_channel(channel)


def test_whoever_never_answers_is_not_waited_for_for_ever():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api/"
        slack = Slack(Secret("xoxb"), url, timeout=1)
        with pytest.raises(DeliveryFailed, match="no answer in time") as caught:
            slack.post("#x", Message(text="x", blocks=[]), key="k")
    assert (caught.value.kind, caught.value.uncertain) == (FailureKind.TEMPORARY, True)
    assert isinstance(caught.value, NoAnswer)
    assert caught.value.timed_out


def test_nothing_of_what_was_told_stands_in_an_error(audits, slack):
    slack.fail("chat.postMessage", 502)
    slack.fail("conversations.history", 502, times=3)
    (line,) = audits.run(finding("email-not-login", "Ada", severity=Severity.CRITICAL)).errors
    assert line == "Slack: #provisioning-drift: status 502 at chat.postMessage"


def test_pauses_grow(audits, slack):
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
