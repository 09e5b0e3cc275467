"""Findings, changes and promises of people in the period of a report."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.views.target_report.report_findings import Condition
from auditor.engine.views.target_report.report_waivers import Validity
from auditor.rule.severity import Severity
from tests.support.builders.actions import action
from tests.support.builders.reports import (
    ago,
    change,
    counts,
    email_not_login,
    finding,
    person,
    report,
    stored_audit,
)
from tests.support.reported_rules import WAIVER

ENDED = finding(opened_at=ago(20))


@pytest.mark.parametrize(
    ("stored", "condition"),
    [
        (finding(opened_at=ago(1)), Condition.NEW),
        (finding(opened_at=ago(20)), Condition.STILL_OPEN),
        (finding(opened_at=ago(1), reopened=1), Condition.REOPENED),
        (finding(opened_at=ago(1), transition=Transition.NOT_EVALUATED), Condition.NOT_EVALUATED),
        (finding(state=State.PENDING, pending_since=ago(1)), Condition.PENDING),
        (finding(waived=True), Condition.WAIVED),
        (finding(state=State.RESOLVED, waived=True), Condition.RESOLVED),
    ],
    ids=lambda each: str(each) if isinstance(each, Condition) else "",
)
def test_a_finding_has_its_state_at_the_end_of_the_week(stored, condition):
    assert report(stored).findings[0].condition is condition


@pytest.mark.parametrize(
    ("stored", "condition"),
    [
        (finding(opened_at=ago(-1)), None),
        (finding(opened_at=ago(-1), first_seen_at=ago(1)), Condition.PENDING),
        (finding(opened_at=ago(-1), first_seen_at=ago(9), reopened=1), None),
        (finding(state=State.RESOLVED, resolved_at=ago(-1)), Condition.STILL_OPEN),
    ],
    ids=["opened later", "pending then", "came back later", "resolved later"],
)
def test_a_report_of_a_past_period_excludes_later_events(stored, condition):
    assert next((each.condition for each in report(stored).findings), None) is condition


def test_a_finding_with_an_expired_waiver_is_open():
    seen = report(ENDED, reopened=frozenset({ENDED.id}))
    assert seen.findings[0].condition is Condition.REOPENED


def test_a_change_dates_the_finding_and_names_the_actor():
    [one] = report(email_not_login(opened_at=ago(2)), changes=(change(until=ago(2)),)).findings
    assert one.change is not None
    assert one.change.actors[0].name == "Grace Lindqvist"
    assert one.since == ago(2) - timedelta(minutes=20)
    assert one.since_is_dated


def test_a_later_change_does_not_explain_a_finding():
    [one] = report(email_not_login(opened_at=ago(2)), changes=(change(until=ago(1)),)).findings
    assert one.change is None
    assert not one.since_is_dated


def test_changes_of_earlier_weeks_explain_findings_but_are_not_listed():
    seen = report(email_not_login(opened_at=ago(20)), changes=(change(until=ago(20)),))
    assert seen.findings[0].change is not None
    assert seen.changes == ()


def test_a_finding_that_is_open_too_long_is_overdue_and_has_an_owner():
    deadlines = Deadlines(owners={"push-flag-off": "Identity team"}, owner="Platform team")
    seen = report(
        finding(subject="old", opened_at=ago(8)),
        finding(subject="young", opened_at=ago(6)),
        finding(subject="over", opened_at=ago(30), state=State.RESOLVED),
        email_not_login(opened_at=ago(0.5)),
        deadlines=deadlines,
    )
    [overdue] = seen.overdue
    assert (overdue.subject, overdue.owner, overdue.due_at) == ("old", "Identity team", ago(1))
    assert seen.findings[0].owner == "Platform team"


def test_affected_users_are_counted_once_and_sorted_by_severity():
    seen = report(
        finding("user-not-provisioned", "00u1", affected=(person(1),), severity=Severity.HIGH),
        finding("duplicate-identity", "00u2", affected=(person(2),), severity=Severity.MEDIUM),
        email_not_login(person(1), person(3)),
        finding("login-mismatch", "00u4", affected=(person(4),), state=State.RESOLVED),
    )
    assert [each.name for each in seen.people] == ["Person 1", "Person 3", "Person 2"]
    assert len(seen.people[0].findings) == 2
    assert seen.people_count == 3


def test_users_beyond_the_hundred_that_are_stored_are_counted():
    assert report(email_not_login(person(1), affected_count=4312)).people_count == 4312


@pytest.mark.parametrize(
    ("counted", "is_counting", "exact"),
    [(4312, False, True), (4312, True, False), (None, False, False), (None, True, False)],
    ids=["by the audit", "not for the new finding", "nowhere", "only listed"],
)
def test_the_number_of_users_is_exact_if_the_last_audit_counted_them(counted, is_counting, exact):
    last = stored_audit(counts=replace(counts(high=1), affected=counted))
    seen = report(
        email_not_login(person(1), affected_count=4312),
        finding(affected_count=2, is_counting=is_counting),
        audits=(last,),
    )
    assert (seen.people_count, seen.is_people_count_exact) == (4312, exact)


def test_the_latest_action_of_a_user_is_listed_first():
    actions = tuple(action(at=ago(days), key=f"command/{days}") for days in (3, 1, 2))
    assert [each.at for each in report(actions=actions).actions] == [ago(1), ago(2), ago(3)]


def test_waivers_state_their_findings_and_their_expiry():
    stale = Waiver(rule="b", owner="o", reason="r", expires=date(2026, 11, 22))
    elsewhere = Waiver(rule="c", owner="o", reason="r", expires=date(2030, 1, 1), target="staging")
    waived = finding(waived=True, waiver=WAIVER)
    seen = report(waived, waivers=(WAIVER, stale, elsewhere))
    assert [(each.validity, each.findings) for each in seen.waivers] == [
        (Validity.EXPIRED, ()),
        (Validity.EXPIRING, (waived.id,)),
    ]


def test_the_configuration_sets_when_an_expiry_is_near():
    def validities(notice: timedelta) -> list[Validity]:
        soon = date(2026, 12, 1)  # eight days after the report
        waiver = Waiver(rule="push-flag-off", owner="iam", reason="later", expires=soon)
        attestation = Attestation(
            rule="a", by="Priya", on=date(2026, 9, 1), expires=soon, evidence="1"
        )
        seen = report(waivers=(waiver,), attestations=(attestation,), expiry_notice=notice)
        return [seen.waivers[0].validity, seen.attestations[0].validity]

    assert validities(timedelta(days=8)) == [Validity.EXPIRING] * 2
    assert validities(timedelta(days=7)) == [Validity.VALID] * 2


def test_attestations_state_their_expiry():
    attestation = Attestation(
        rule="a", by="Priya", on=date(2026, 9, 1), expires=date(2027, 3, 1), evidence="IAM-482"
    )
    elsewhere = replace(attestation, target="staging")
    [one] = report(attestations=(attestation, elsewhere)).attestations
    assert one.validity is Validity.VALID
