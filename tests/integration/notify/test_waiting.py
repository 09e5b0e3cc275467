"""What waits for another attempt is not told, and no run may pass over it."""

import pytest

from auditor.notify.dispatch import deliver
from auditor.pipeline.notifications import notify_missing_audits
from tests.support.builders.findings import finding
from tests.support.notified_target import Life
from tests.support.stores import delivery

EMAIL = finding("email-not-login", "oty1")
OTHER = finding("extra-attribute")
WEBHOOK = '[[webhook]]\nname = "pager"\nurl_env = "PAGER"\nsecret_env = "KEY"\n'
ALL = 9


@pytest.fixture
def life(store, clock, configure):
    life = Life(store, clock, configure(f'{WEBHOOK}[slack]\nwebhook_url_env = "HOOK"\n'))
    life.run()
    life.wait(hours=1)
    return life


def test_until_its_next_attempt_each_run_says_that_it_waits(life, slack):
    slack.fail("hook", 503)
    assert life.run(EMAIL).errors == ("webhook pager: answered 503",)
    life.wait(seconds=59)
    held = life.deliver()
    assert (held.delivered, held.waiting, held.complete) == (0, 1, False)
    again = "1 message waiting, next attempt after 2026-01-05 10:01 UTC"
    assert held.errors == (f"webhook pager: answered 503; {again}",)
    life.wait(seconds=1)
    assert life.deliver().complete


def test_several_that_wait_for_one_reason_are_one_line(life, slack):
    slack.fail("hook", 503, times=ALL)
    life.run(EMAIL)
    life.wait(seconds=10)
    assert len(life.run(EMAIL, OTHER).errors) == 1, "the new failure says it for both"
    life.wait(seconds=10)
    (line,) = life.deliver().errors
    assert "; 2 messages waiting, next attempt after 2026-01-05 10:01 UTC" in line


def test_items_that_another_thread_delivers_are_no_failure(life, store):
    life.audit(EMAIL)
    with delivery(store, channels=("slack", "pager")) as claims:
        assert len(claims.claim(ALL, at=life.clock[-1])) == 2
        assert life.deliver().complete


def test_what_waits_of_another_target_is_not_held_against_this_one(life, slack):
    slack.fail("hook", 503)
    life.run(EMAIL)

    def told(**scope) -> bool:
        return deliver(life.store, life.settings, lambda: life.clock[-1], **scope).complete

    assert told(of=["staging"])
    assert told(target="staging")
    assert not told(of=["production"])
    assert not told(target="production")
    assert not told()


def test_whoever_watches_for_silence_complains_of_what_it_tried_and_no_more(life, slack):
    slack.fail("hook", 503)
    life.run(EMAIL)
    assert notify_missing_audits(life.store, life.settings, lambda: life.clock[-1]).complete
