"""A notification that waits for its next attempt makes every audit's delivery incomplete."""

import pytest

from auditor.notify.dispatch import deliver
from auditor.pipeline.notifications import notify_missing_audits
from tests.support.builders.findings import finding
from tests.support.notified_target import TargetAudits
from tests.support.stores import delivery

EMAIL = finding("email-not-login", "oty1")
OTHER = finding("extra-attribute")
WEBHOOK = '[[webhook]]\nname = "pager"\nurl_env = "PAGER"\nsecret_env = "KEY"\n'
ANSWER = "webhook pager: answered 503 (temporary: the next attempt can succeed)"
ALL = 9


@pytest.fixture
def audits(store, clock, configure):
    audits = TargetAudits(store, clock, configure(f'{WEBHOOK}[slack]\nwebhook_url_env = "HOOK"\n'))
    audits.run()
    audits.wait(hours=1)
    return audits


def test_each_audit_reports_a_waiting_notification_until_its_next_attempt(audits, slack):
    slack.fail("hook", 503)
    assert audits.run(EMAIL).errors == (ANSWER,)
    audits.wait(seconds=59)
    held = audits.deliver()
    assert (held.delivered, held.waiting, held.complete) == (0, 1, False)
    again = "1 message waiting, next attempt after 2026-01-05 10:01 UTC"
    assert held.errors == (f"{ANSWER}; {again}",)
    audits.wait(seconds=1)
    assert audits.deliver().complete


def test_several_waiting_notifications_with_one_reason_are_one_line(audits, slack):
    slack.fail("hook", 503, times=ALL)
    audits.run(EMAIL)
    audits.wait(seconds=10)
    assert len(audits.run(EMAIL, OTHER).errors) == 1, "the new failure reports both"
    audits.wait(seconds=10)
    (line,) = audits.deliver().errors
    assert "; 2 messages waiting, next attempt after 2026-01-05 10:01 UTC" in line


def test_items_that_another_thread_delivers_are_not_a_failure(audits, store):
    audits.audit(EMAIL)
    with delivery(store, channels=("slack", "pager")) as claims:
        assert len(claims.claim(ALL, at=audits.clock[-1])) == 2
        assert audits.deliver().complete


def test_a_waiting_notification_of_another_target_does_not_count_for_this_one(audits, slack):
    slack.fail("hook", 503)
    audits.run(EMAIL)

    def is_complete(**scope) -> bool:
        return deliver(audits.store, audits.settings, lambda: audits.clock[-1], **scope).complete

    assert is_complete(of=["staging"])
    assert is_complete(target="staging")
    assert not is_complete(of=["production"])
    assert not is_complete(target="production")
    assert not is_complete()


def test_the_report_of_missing_audits_covers_only_its_own_notifications(audits, slack):
    slack.fail("hook", 503)
    audits.run(EMAIL)
    assert notify_missing_audits(audits.store, audits.settings, lambda: audits.clock[-1]).complete
