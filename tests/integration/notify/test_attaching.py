"""The report that is attached to a storm, a baseline or the weekly digest. The digest itself."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from auditor.config.rule_settings import rules_for
from auditor.engine.incidents.notification import Notification
from auditor.pipeline.reports import current_report, publish, report_on, weekly_report
from tests.support.builders.findings import finding
from tests.support.notified_target import TargetAudits, sent_texts
from tests.support.stores import claimed


@pytest.fixture
def settings(configure):
    return configure()


@pytest.fixture
def audits(store, clock, settings):
    return TargetAudits(store, clock, settings)


def test_a_baseline_has_its_report_attached(audits, store, slack, settings, clock):
    audits.audit(finding(), finding("email-not-login", "oty1"))
    attachment = current_report(store, settings, lambda: clock[-1])
    assert audits.deliver(attachment=attachment).complete
    (file,) = slack.files.values()
    assert file.name == "report-2025-12-29-to-2026-01-05T0900Z.html"
    assert b"create-users is off" in file.content


def test_a_target_that_is_no_longer_configured_has_no_report(audits, settings, clock, store):
    audits.audit(finding())
    (item,) = claimed(store, clock[-1])
    notification = msgspec.convert({**item.payload, "target": "gone"}, Notification)
    assert current_report(store, settings, lambda: clock[-1])(notification) is None


def test_the_digest_of_a_week_is_posted_once_with_the_published_report(
    audits, store, slack, settings, clock
):
    audits.run(finding())
    for _ in range(6):
        audits.wait(days=1)
        audits.run(finding())
    slack.channel.messages.clear()
    until = clock[-1] + timedelta(days=1)
    target = settings.target("production")
    rules = rules_for(settings, target)
    report = weekly_report(store, settings, target, rules, at=until)
    for _ in range(2):
        address, delivered = publish(store, settings, report, lambda: until)
        assert delivered.complete
    page = Path(address)
    assert page.name == "2026-W02.html"
    ((root, reply),) = sent_texts(slack)
    assert root.startswith("production: 2026-W02: Fail: 1 open cause.")
    assert reply == "The report of this audit."
    (file,) = slack.files.values()
    assert (file.name, file.content) == (page.name, page.read_bytes())
    assert hashlib.sha256(page.read_bytes()).hexdigest() in slack.transcript()
    assert "https://reports.example.com/production/2026-W02.html" in slack.transcript()
    assert "Overdue" not in slack.transcript()


def test_the_webhook_has_the_hash_of_the_weekly_report(store, slack, clock, configure):
    settings = configure('[[webhook]]\nname = "pager"\nurl_env = "PAGER"\nsecret_env = "KEY"\n')
    TargetAudits(store, clock, settings).run(finding())
    until = clock[-1] + timedelta(days=7)
    target = settings.target("production")
    report = weekly_report(store, settings, target, rules_for(settings, target), at=until)
    address, delivered = publish(store, settings, report, lambda: until)
    assert delivered.complete
    body = json.loads(slack.deliveries["pager"][-1].body)
    digest = body["notification"]["about"]
    assert (digest["type"], digest["week"]) == ("digest", report.week)
    assert digest["report_sha256"] == hashlib.sha256(Path(address).read_bytes()).hexdigest()
    assert body["causes"] == []


def test_a_digest_names_overdue_findings_and_expiring_attestations(
    audits, store, slack, clock, configure
):
    settings = configure(
        """
        [sla]
        high = "1 day"
        [owners]
        push-flag-off = "Priya Raman"
        [[attestation]]
        rule = "unique-identifier-not-email"
        by = "Ada Okafor"
        on = 2026-01-01
        expires = 2026-01-15
        evidence = "ticket 7"
        """
    )
    audits.run(finding())
    audits.wait(days=3)
    audits.run(finding())
    until = clock[-1] + timedelta(hours=1)
    target = settings.target("production")
    rules = rules_for(settings, target)
    since = until - timedelta(days=7)
    report = report_on(store, settings, target, rules, since=since, until=until)
    assert publish(store, settings, report, lambda: until)[1].complete
    transcript = slack.transcript()
    assert "• push-flag-off: Priya Raman, due 2026-01-06" in transcript
    assert "• 2026-01-15: attestation for unique-identifier-not-email, Ada Okafor" in transcript
