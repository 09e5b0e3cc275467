"""The weekly digest: its content, also for an empty week."""

from datetime import date

from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.notification import Digest
from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.target_report.report import Report
from tests.support.builders.reports import UNTIL, ago, counts, finding, report, stored_audit

SOON, FAR = date(2026, 12, 1), date(2027, 12, 1)


def about(week: Report) -> Digest:
    digest = weekly_digest(week).about
    assert isinstance(digest, Digest)
    return digest


def test_the_digest_of_the_same_week_has_the_same_key():
    digest = weekly_digest(report(finding()))
    assert (digest.key, digest.thread) == (weekly_digest(report()).key, digest.key)
    assert digest.key == "digest/2026-11-16/2026-11-23"
    assert (digest.target, digest.at) == ("production", UNTIL)


def test_the_digest_has_the_numbers_of_the_report():
    week = report(
        finding(subject="new", opened_at=ago(1)),
        finding(subject="old"),
        finding(subject="older"),
        finding(subject="over", state=State.RESOLVED),
    )
    digest = about(week)
    assert (digest.verdict, digest.completeness) == (str(week.headline), str(week.completeness))
    assert digest.counts == {"new": 1, "reopened": 0, "resolved": 1, "still open": 2}
    assert [each.subject for each in week.open] == ["new", "old", "older"]


def test_overdue_findings_are_named_with_their_owner():
    late = finding(subject="late", opened_at=ago(8))
    owned = Deadlines(owners={"push-flag-off": "Identity team"})
    assert about(report(late, finding(opened_at=ago(1)), deadlines=owned)).overdue == (
        "push-flag-off: Identity team, due 2026-11-22",
    )
    assert about(report(late)).overdue == ("push-flag-off: no owner, due 2026-11-22",)


def test_only_waivers_and_attestations_that_expire_soon_are_named():
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


def test_a_week_without_findings_is_zero_and_a_week_without_audits_is_a_gap():
    bad = stored_audit(ago(14), counts=counts(high=2, low=1))
    unread = stored_audit(counts=counts(unknown=1))
    digest = about(report(audits=(unread,), weeks=(bad,)))
    assert digest.incomplete_weeks == (date(2026, 11, 23),)
    trend = digest.trend
    assert len(trend) == 12
    assert trend[-3:] == (
        (date(2026, 11, 9), 3),
        (date(2026, 11, 16), None),
        (date(2026, 11, 23), 0),
    )
