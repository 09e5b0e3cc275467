"""The generic webhook: signed JSON over real HTTP."""

import hashlib
import hmac
import json

import jsonschema
import msgspec
import pytest

from auditor.notify.webhook import WebhookPayload, webhook_schema
from tests.support.builders.findings import finding
from tests.support.notified_target import Life

WEBHOOK = '[[webhook]]\nname = "pager"\nurl_env = "PAGER"\nsecret_env = "KEY"\n'
EMAIL = finding("email-not-login", "oty1")


@pytest.fixture
def life(store, clock, configure, slack):
    life = Life(store, clock, configure(f'{WEBHOOK}[slack]\nwebhook_url_env = "HOOK"\n'))
    life.run()
    life.wait(hours=1)
    slack.deliveries.clear()
    return life


def test_the_webhook_gets_what_slack_gets(life, slack):
    assert life.run(EMAIL).delivered == 2
    (delivery,) = slack.deliveries["pager"]
    body = json.loads(delivery.body)
    assert body["schema"] == 1
    assert body["notification"]["target"] == "production"
    assert body["notification"]["rules"] == ["email-not-login"]
    (card,) = body["notification"]["about"]["states"]
    assert (card["severity"], card["status"]) == ("high", "open")
    assert body["notification"]["about"]["type"] == "incidents"


def test_the_receiver_can_prove_who_sent_it(life, slack):
    life.run(EMAIL)
    (delivery,) = slack.deliveries["pager"]
    signed = delivery.headers["x-auditor-timestamp"].encode() + b"." + delivery.body
    proof = hmac.new(b"a-shared-key", signed, hashlib.sha256).hexdigest()
    assert delivery.headers["x-auditor-signature"] == f"v1={proof}"
    assert delivery.headers["x-auditor-timestamp"] == str(int(life.clock[-1].timestamp()))


def test_the_body_is_as_its_schema_says(life, slack):
    life.run(EMAIL)
    (delivery,) = slack.deliveries["pager"]
    jsonschema.validate(json.loads(delivery.body), webhook_schema())
    assert msgspec.json.decode(delivery.body, type=WebhookPayload).schema == 1


def test_a_repeated_request_has_the_same_key(life, slack):
    slack.fail("hook", None, before_effect=False)
    (error,) = life.run(EMAIL).errors
    assert error == "webhook pager: the connection ended before the answer was complete"
    life.wait(hours=1)
    assert life.deliver().delivered == 1
    first, second = slack.deliveries["pager"]
    assert first.headers["x-auditor-key"] == second.headers["x-auditor-key"]


def test_a_failing_webhook_does_not_delay_slack(life, slack):
    slack.fail("hook", 503)
    delivered = life.run(EMAIL)
    assert (delivered.delivered, delivered.waiting) == (1, 1)
    assert delivered.errors == ("webhook pager: answered 503",)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "webhook pager: answered 404 (check its URL and its secret)"),
        (301, "webhook pager: answered 301 (check its URL and its secret)"),
        (429, "webhook pager: answered 429"),
    ],
)
def test_a_refused_message_waits(life, slack, status, said):
    slack.fail("hook", status)
    assert life.run(EMAIL).errors == (said,)
    life.wait(hours=1)
    assert life.deliver().delivered == 1


def test_every_update_is_a_request(life, slack):
    slack.fail("hook", 503, times=2)
    life.run(EMAIL)
    life.wait(hours=2)
    life.run()
    life.wait(hours=2)
    life.deliver()
    said = [json.loads(each.body) for each in slack.deliveries["pager"]]
    reasons = [each["notification"]["about"]["updates"][0]["reason"] for each in said]
    assert sorted(reasons) == ["new", "resolved"]


def test_a_message_for_a_channel_that_is_not_configured_waits(life, configure):
    life.audit(EMAIL)
    complete = life.settings
    life.settings = configure('[slack]\nwebhook_url_env = "HOOK"\n')
    delivered = life.deliver()
    assert (delivered.delivered, delivered.waiting, delivered.failed) == (1, 1, 0)
    (error,) = delivered.errors
    assert error.startswith("pager: the configuration does not contain this channel")
    life.settings = complete
    life.wait(hours=1)
    assert life.deliver().delivered == 1
