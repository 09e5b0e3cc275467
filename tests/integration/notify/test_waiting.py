"""What waits for another attempt is not told, and no run may pass over it."""

import pytest

from auditor.notify.dispatch import deliver
from auditor.pipeline.notifications import notify_missing_audits
from tests.support.builders.findings import finding
from tests.support.notified_target import TargetAudits
from tests.support.stores import delivery

EMAIL = finding("email-not-login", "oty1")
OTHER = finding("extra-attribute")
WEBHOOK = '[[webhook]]\nname = "pager"\nurl_env = "PAGER"\nsecret_env = "KEY"\n'
ALL = 9


@pytest.fixture
def audits(store, clock, configure):
    audits = TargetAudits(store, clock, configure(f'{WEBHOOK}[slack]\nwebhook_url_env = "HOOK"\n'))
    audits.run()
    audits.wait(hours=1)
    return audits


def test_until_its_next_attempt_each_run_says_that_it_waits(audits, slack):
    slack.fail("hook", 503)
    assert audits.run(EMAIL).errors == ("webhook pager: answered 503",)
    audits.wait(seconds=59)
    held = audits.deliver()
    assert (held.delivered, held.waiting, held.complete) == (0, 1, False)
    again = "1 message waiting, next attempt after 2026-01-05 10:01 UTC"
    assert held.errors == (f"webhook pager: answered 503; {again}",)
    audits.wait(seconds=1)
    assert audits.deliver().complete


def test_several_that_wait_for_one_reason_are_one_line(audits, slack):
    slack.fail("hook", 503, times=ALL)
    audits.run(EMAIL)
    audits.wait(seconds=10)
    assert len(audits.run(EMAIL, OTHER).errors) == 1, "the new failure says it for both"
    audits.wait(seconds=10)
    (line,) = audits.deliver().errors
    assert "; 2 messages waiting, next attempt after 2026-01-05 10:01 UTC" in line


def test_items_that_another_thread_delivers_are_no_failure(audits, store):
    audits.audit(EMAIL)
    with delivery(store, channels=("slack", "pager")) as claims:
        assert len(claims.claim(ALL, at=audits.clock[-1])) == 2
        assert audits.deliver().complete


def test_what_waits_of_another_target_is_not_held_against_this_one(audits, slack):
    slack.fail("hook", 503)
    audits.run(EMAIL)

    def told(**scope) -> bool:
        return deliver(audits.store, audits.settings, lambda: audits.clock[-1], **scope).complete

    assert told(of=["staging"])
    assert told(target="staging")
    assert not told(of=["production"])
    assert not told(target="production")
    assert not told()


def test_whoever_watches_for_silence_complains_of_what_it_tried_and_no_more(audits, slack):
    slack.fail("hook", 503)
    audits.run(EMAIL)
    assert notify_missing_audits(audits.store, audits.settings, lambda: audits.clock[-1]).complete
