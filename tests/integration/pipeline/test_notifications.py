"""An audit that has not completed for too long is told by whoever still runs."""

from auditor.pipeline.notifications import notify_missing_audits
from tests.support.notified_target import said


def watch(life):
    return notify_missing_audits(life.store, life.settings, lambda: life.clock[-1])


def test_a_silence_is_told_once_while_it_lasts_and_its_end_by_the_next_run(life, slack):
    life.run()
    life.wait(hours=26)
    assert watch(life).delivered == 0
    for _ in range(3):
        life.wait(hours=1)
        assert watch(life).complete
    life.run()
    _, (silence,), (back,) = said(slack)
    assert silence == "No audit of production has completed since 2026-01-05 09:00 UTC."
    assert back.startswith("Audits of production are back: there was none from 2026-01-05 09:00")


def test_the_next_silence_is_told_anew(life, slack):
    for _ in range(2):
        life.run()
        life.wait(hours=27)
        watch(life)
    assert len([text for (text,) in said(slack) if text.startswith("No audit")]) == 2


def test_nothing_is_said_of_what_was_never_audited(life, slack):
    life.wait(days=9)
    assert watch(life).delivered == 0
    assert said(slack) == []
