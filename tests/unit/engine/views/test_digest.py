"""The week in one message: what is in it, and what an empty week looks like."""

from datetime import date

from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.notification import Digest
from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.report import Report
from tests.support.builders.reports import UNTIL, ago, counts, finding, report, run

SOON, FAR = date(2026, 12, 1), date(2027, 12, 1)


def about(week: Report) -> Digest:
    told = weekly_digest(week).about
    assert isinstance(told, Digest)
    return told


def test_the_same_week_is_the_same_message():
    told = weekly_digest(report(finding()))
    assert (told.key, told.thread) == (weekly_digest(report()).key, told.key)
    assert told.key == "digest/2026-11-16/2026-11-23"
    assert (told.target, told.at) == ("production", UNTIL)


def test_it_says_what_the_report_says():
    week = report(
        finding(subject="new", opened_at=ago(1)),
        finding(subject="old"),
        finding(subject="older"),
        finding(subject="over", state=State.RESOLVED),
    )
    told = about(week)
    assert (told.verdict, told.completeness) == (str(week.headline), str(week.completeness))
    assert told.counts == {"new": 1, "reopened": 0, "resolved": 1, "still open": 2}
    assert [each.subject for each in week.open] == ["new", "old", "older"]


def test_what_is_overdue_is_named_with_whose_it_is():
    late = finding(subject="late", opened_at=ago(8))
    owned = Deadlines(owners={"push-flag-off": "Identity team"})
    assert about(report(late, finding(opened_at=ago(1)), deadlines=owned)).overdue == (
        "push-flag-off: Identity team, due 2026-11-22",
    )
    assert about(report(late)).overdue == ("push-flag-off: no owner, due 2026-11-22",)


def test_only_what_ends_soon_is_named():
    def waiver(expires: date) -> Waiver:
        return Waiver(rule="push-flag-off", owner="iam", reason="in migration", expires=expires)

    def attestation(expires: date) -> Attestation:
        return Attestation(
            rule="unleash-too-old", by="Priya", on=date(2026, 9, 1), expires=expires, evidence="1"
        )

    week = report(
        waivers=(waiver(SOON), waiver(FAR)), attestations=(attestation(SOON), attestation(FAR))
    )
    assert about(week).expiring == (
        "2026-12-01: waiver for push-flag-off, iam",
        "2026-12-01: attestation for unleash-too-old, Priya",
    )


def test_a_week_in_which_nothing_was_wrong_is_a_zero_and_one_that_nobody_saw_a_gap():
    bad = run(ago(14), counts=counts(high=2, low=1))
    trend = about(report(runs=(run(counts=counts()),), weeks=(bad,))).trend
    assert len(trend) == 12
    assert trend[-3:] == (
        (date(2026, 11, 9), 3),
        (date(2026, 11, 16), None),
        (date(2026, 11, 23), 0),
    )
