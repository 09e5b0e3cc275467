"""An audit that has not completed for too long is told by whoever still runs."""

from auditor.pipeline.notifications import notify_missing_audits
from tests.support.notified_target import sent_texts


def watch(audits):
    return notify_missing_audits(audits.store, audits.settings, lambda: audits.clock[-1])


def test_a_silence_is_told_once_while_it_lasts_and_its_end_by_the_next_run(audits, slack):
    audits.run()
    audits.wait(hours=26)
    assert watch(audits).delivered == 0
    for _ in range(3):
        audits.wait(hours=1)
        assert watch(audits).complete
    audits.run()
    _, (silence,), (back,) = sent_texts(slack)
    assert silence == "No audit of production has completed since 2026-01-05 09:00 UTC."
    assert back.startswith("Audits of production are back: there was none from 2026-01-05 09:00")


def test_the_next_silence_is_told_anew(audits, slack):
    for _ in range(2):
        audits.run()
        audits.wait(hours=27)
        watch(audits)
    assert len([text for (text,) in sent_texts(slack) if text.startswith("No audit")]) == 2


def test_nothing_is_said_of_what_was_never_audited(audits, slack):
    audits.wait(days=9)
    assert watch(audits).delivered == 0
    assert sent_texts(slack) == []
