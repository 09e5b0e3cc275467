"""Every running process reports targets whose audits have not completed for too long."""

from auditor.pipeline.notifications import notify_missing_audits
from tests.support.builders.findings import finding
from tests.support.notified_target import sent_texts


def watch(audits):
    return notify_missing_audits(audits.store, audits.settings, lambda: audits.clock[-1])


def test_missing_audits_are_reported_once_and_the_next_audit_reports_their_end(audits, slack):
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


def test_the_next_period_of_missing_audits_is_reported_again(audits, slack):
    for _ in range(2):
        audits.run()
        audits.wait(hours=27)
        watch(audits)
    assert len([text for (text,) in sent_texts(slack) if text.startswith("No audit")]) == 2


def test_a_target_that_was_never_audited_is_not_reported(audits, slack):
    audits.wait(days=9)
    assert watch(audits).delivered == 0
    assert sent_texts(slack) == []


def test_a_baseline_that_waits_is_delivered_with_its_report_attached(audits, slack):
    audits.audit(finding())
    audits.wait(hours=1)
    assert watch(audits).delivered == 1
    (file,) = slack.files.values()
    assert b"create-users is off" in file.content
