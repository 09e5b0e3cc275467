"""The generic webhook: signed JSON over real HTTP."""

import hashlib
import hmac
import json

import msgspec
import pytest
from msgspec.structs import replace

from auditor.notify.webhook import WebhookPayload, webhook_schema
from auditor.rule.results import Affected
from auditor.rule.severity import Severity
from tests.support.builders.findings import finding
from tests.support.inspection.json_schema import schema_errors
from tests.support.notified_target import TargetAudits
from tests.support.session.process_groups import uses_json_schema

WEBHOOK = '[[webhook]]\nname = "pager"\nurl_env = "PAGER"\nsecret_env = "KEY"\n'
EMAIL = finding("email-not-login", "oty1")


@pytest.fixture
def audits(store, clock, configure, slack):
    audits = TargetAudits(store, clock, configure(f'{WEBHOOK}[slack]\nwebhook_url_env = "HOOK"\n'))
    audits.run()
    audits.wait(hours=1)
    slack.deliveries.clear()
    return audits


def test_the_webhook_receives_the_same_notification_as_slack(audits, slack):
    assert audits.run(EMAIL).delivered == 2
    (delivery,) = slack.deliveries["pager"]
    body = json.loads(delivery.body)
    assert body["schema"] == 1
    assert body["notification"]["target"] == "production"
    assert body["notification"]["rules"] == ["email-not-login"]
    (state,) = body["notification"]["about"]["states"]
    assert (state["severity"], state["status"]) == ("high", "open")
    assert body["notification"]["about"]["type"] == "incidents"


def causes_of(slack) -> list[tuple[str, str, str]]:
    bodies = [json.loads(each.body) for each in slack.deliveries["pager"]]
    return [
        (each["id"], each["event"], each["status"]) for body in bodies for each in body["causes"]
    ]


def test_a_cause_keeps_its_id_while_it_opens_changes_closes_and_reopens(audits, slack):
    people = tuple(Affected(id=f"00u{number}", name=f"P {number}") for number in range(40))
    audits.run(EMAIL)
    audits.wait(hours=1)
    audits.run(replace(EMAIL, severity=Severity.CRITICAL, affected=people, affected_count=40))
    audits.wait(hours=1)
    audits.run()
    audits.wait(hours=1)
    audits.run(EMAIL)
    audits.deliver()
    assert causes_of(slack) == [
        (EMAIL.id, "created", "open"),
        (EMAIL.id, "updated", "open"),
        (EMAIL.id, "closed", "resolved"),
        (EMAIL.id, "updated", "open"),
    ]


def test_of_several_incidents_in_one_message_only_the_changed_cause_is_listed(audits, slack):
    findings = [finding("email-not-login", f"oty{number}") for number in range(6)]
    audits.run(*findings)
    assert {each[1:] for each in causes_of(slack)} == {("created", "open")}
    assert len(causes_of(slack)) == 6
    slack.deliveries.clear()
    audits.wait(hours=1)
    audits.run(*findings[1:])
    assert causes_of(slack) == [(findings[0].id, "closed", "resolved")]


def test_the_receiver_can_verify_the_signature(audits, slack):
    audits.run(EMAIL)
    (delivery,) = slack.deliveries["pager"]
    signed = delivery.headers["x-auditor-timestamp"].encode() + b"." + delivery.body
    proof = hmac.new(b"a-shared-key", signed, hashlib.sha256).hexdigest()
    assert delivery.headers["x-auditor-signature"] == f"v1={proof}"
    assert delivery.headers["x-auditor-timestamp"] == str(int(audits.clock[-1].timestamp()))


@uses_json_schema
def test_the_body_matches_its_schema(audits, slack):
    audits.run(EMAIL)
    (delivery,) = slack.deliveries["pager"]
    assert schema_errors(json.loads(delivery.body), webhook_schema()) == []
    assert msgspec.json.decode(delivery.body, type=WebhookPayload).schema == 1


def test_a_repeated_request_has_the_same_key(audits, slack):
    slack.fail("hook", None, before_effect=False)
    (error,) = audits.run(EMAIL).errors
    assert error == (
        "webhook pager: the connection ended before the answer was complete "
        "(check the server and its proxies)"
    )
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
    first, second = slack.deliveries["pager"]
    assert first.headers["x-auditor-key"] == second.headers["x-auditor-key"]


def test_a_failing_webhook_does_not_delay_slack(audits, slack):
    slack.fail("hook", 503)
    delivered = audits.run(EMAIL)
    assert (delivered.delivered, delivered.waiting) == (1, 1)
    assert delivered.errors == (
        "webhook pager: answered 503 (temporary: the next attempt can succeed)",
    )


@pytest.mark.parametrize(
    ("status", "sent_texts"),
    [
        (404, "webhook pager: answered 404 (check its URL and its secret)"),
        (301, "webhook pager: answered 301 (check its URL and its secret)"),
        (429, "webhook pager: answered 429 (temporary: the next attempt can succeed)"),
    ],
)
def test_a_refused_message_is_retried(audits, slack, status, sent_texts):
    slack.fail("hook", status)
    assert audits.run(EMAIL).errors == (sent_texts,)
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1


def test_every_update_is_sent_as_a_request(audits, slack):
    slack.fail("hook", 503, times=2)
    audits.run(EMAIL)
    audits.wait(hours=2)
    audits.run()
    audits.wait(hours=2)
    audits.deliver()
    sent_texts = [json.loads(each.body) for each in slack.deliveries["pager"]]
    reasons = [each["notification"]["about"]["updates"][0]["reason"] for each in sent_texts]
    assert sorted(reasons) == ["new", "resolved"]


def test_a_message_for_a_channel_that_is_not_configured_waits(audits, configure):
    audits.audit(EMAIL)
    complete = audits.settings
    audits.settings = configure('[slack]\nwebhook_url_env = "HOOK"\n')
    delivered = audits.deliver()
    assert (delivered.delivered, delivered.waiting, delivered.failed) == (1, 1, 0)
    (error,) = delivered.errors
    assert error.startswith("pager: the configuration does not contain this channel")
    audits.settings = complete
    audits.wait(hours=1)
    assert audits.deliver().delivered == 1
