"""The limits of a report's period, and the order of its entries."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.views.target_report.report_findings import Condition
from auditor.engine.views.target_report.report_waivers import Validity
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from auditor.rule.results import Note
from auditor.rule.severity import Basis, Severity
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    EMAIL_EVIDENCE,
    SINCE,
    UNTIL,
    ago,
    bound,
    change,
    counts,
    email_not_login,
    finding,
    report,
    stored_audit,
    verdict,
)

PROVISIONING_ERROR = tuple(
    each
    for each in bind(load_rules([shipped("rules")]), where="tests")
    if each.id == "provisioning-error"
)


@pytest.mark.parametrize(
    ("stored", "condition"),
    [
        (finding(opened_at=SINCE), Condition.NEW),
        (finding(opened_at=UNTIL), Condition.NEW),
        (finding(state=State.RESOLVED, resolved_at=UNTIL), Condition.RESOLVED),
        (finding(opened_at=UNTIL, first_seen_at=ago(9), reopened=1), Condition.REOPENED),
    ],
    ids=["opened as it begins", "opened as it ends", "resolved as it ends", "back as it ends"],
)
def test_the_period_includes_its_start_and_end(stored, condition):
    assert [each.condition for each in report(stored).findings] == [condition]


def test_a_change_at_the_start_of_the_period_is_listed():
    assert report(changes=(change(until=SINCE),)).changes
    assert not report(changes=(change(until=SINCE - timedelta(seconds=1)),)).changes


def test_the_problem_of_a_finding_is_that_of_its_kind_if_its_rule_has_kinds():
    stuck = finding("provisioning-error", "00u1", kind="staged")
    listed = report(stuck, finding("provisioning-error", "00u2"), rules=PROVISIONING_ERROR)
    assert {each.subject: each.problem for each in listed.findings} == {
        "00u1": "A provisioning push is stuck",
        "00u2": "Okta cannot provision a user to Unleash",
    }


def test_a_finding_that_is_due_now_is_not_overdue():
    (listed,) = report(finding(opened_at=ago(7))).findings
    assert (listed.due_at, listed.overdue) == (UNTIL, False)


def test_a_later_transition_does_not_hide_the_earlier_state():
    later = finding(subject="later", opened_at=ago(-1))
    assert [each.subject for each in report(later, finding(subject="there")).findings] == ["there"]


def test_a_reopened_finding_is_explained_by_a_change_before_it_reopened():
    back = email_not_login(opened_at=ago(1), first_seen_at=ago(9), reopened=1)
    (listed,) = report(back, changes=(change(until=ago(2)),)).findings
    assert listed.change is not None


def test_the_reason_is_stated_only_for_findings_that_were_not_evaluated():
    why = missing_reason("okta.app")
    unseen = finding(subject="a", transition=Transition.NOT_EVALUATED, reason=why, opened_at=ago(1))
    seen = finding(subject="b", reason=why)
    assert [each.reason for each in report(unseen, seen).findings] == [reason_text(why), ""]


def test_open_findings_are_sorted_by_severity_and_not_by_age():
    new = finding(subject="new", opened_at=ago(1))
    over = finding(subject="over", state=State.RESOLVED, severity=Severity.CRITICAL)
    old = finding(subject="old", severity=Severity.CRITICAL)
    listed = report(new, over, old).findings
    assert [each.subject for each in listed] == ["old", "new", "over"]


def test_a_period_without_an_audit_names_the_last_audit():
    assert report(audits=(), weeks=(stored_audit(ago(9)),)).headline.detail == (
        "Last audit: 14 November 2026."
    )
    assert report(audits=()).headline.detail == ""


def test_a_rule_has_its_verdict_and_a_rule_that_never_ran_has_none():
    given = verdict(
        "a", basis=Basis.OBSERVED, reasons=(Note(code="fact", about="twelve agree"),), since=ago(3)
    )
    (listed,) = report(rules=(bound("a"),), verdicts=(given,)).rules
    assert (listed.status, listed.basis, listed.reasons, listed.since) == (
        VerdictStatus.PASS,
        Basis.OBSERVED,
        ("twelve agree",),
        ago(3),
    )


def test_missing_data_names_every_rule_that_has_it_among_its_reasons():
    log, app = missing_reason("okta.log"), missing_reason("okta.app")
    (spot,) = report(
        rules=(bound("a"), bound("b")),
        verdicts=(
            verdict("a", VerdictStatus.UNKNOWN, reasons=(app, log)),
            verdict("b", VerdictStatus.UNKNOWN, reasons=(app,)),
        ),
        missing={
            "okta.log": MissingData(
                why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403
            )
        },
    ).data_gaps
    assert spot.rules == ("a",)


def test_an_audit_in_the_middle_of_a_week_belongs_to_its_monday():
    wednesday = stored_audit(ago(12), counts=counts(high=4))
    trend = {point.week: point for point in report(weeks=(wednesday,)).trend}
    assert trend[date(2026, 11, 9)].total == 4
    assert {point.not_evaluated for point in trend.values()} == {0}


@pytest.mark.parametrize(
    ("expires", "validity"),
    [
        (date(2026, 11, 22), Validity.EXPIRED),
        (date(2026, 11, 23), Validity.EXPIRING),
        (date(2026, 12, 7), Validity.EXPIRING),
        (date(2026, 12, 8), Validity.VALID),
    ],
)
def test_an_attestation_is_valid_to_the_end_of_its_last_day(expires, validity):
    waiver = Waiver(rule="a", owner="o", reason="r", expires=expires)
    attestation = Attestation(rule="a", by="P", on=date(2026, 9, 1), expires=expires, evidence="1")
    seen = report(waivers=(waiver,), attestations=(attestation,))
    assert [each.validity for each in seen.waivers] == [validity]
    assert [each.validity for each in seen.attestations] == [validity]


@pytest.mark.parametrize(("many", "ends"), [(6, "rule-5"), (7, "rule-5 and 1 more")])
def test_further_rules_are_mentioned_only_if_there_are_any(many, ends):
    rules = tuple(bound(f"rule-{number}") for number in range(many))
    unknown = tuple(verdict(each.id, VerdictStatus.UNKNOWN) for each in rules)
    assert report(rules=rules, verdicts=unknown).completeness.not_evaluated.endswith(ends)


@pytest.mark.parametrize(
    ("many", "begins"),
    [(3, "okta.0, okta.1, okta.2: "), (4, "okta.0, okta.1, okta.2 and 1 more: ")],
)
def test_further_missing_data_is_mentioned_only_if_there_is_any(many, begins):
    gone = {
        f"okta.{number}": MissingData(
            why=MissingReason.UNAUTHORIZED, endpoint=f"GET /{number}", status=401
        )
        for number in range(many)
    }
    (spot,) = report(missing=gone).data_gaps
    assert str(spot).startswith(begins)


def test_a_rule_that_needs_one_of_the_missing_lists_is_named():
    gone = {
        f"okta.{name}": MissingData(
            why=MissingReason.UNAUTHORIZED, endpoint=f"GET /{name}", status=401
        )
        for name in ("log", "mappings")
    }
    because = (missing_reason("okta.log"),)
    listed = report(
        rules=(bound("a"),),
        verdicts=(verdict("a", VerdictStatus.UNKNOWN, reasons=because),),
        missing=gone,
    )
    (spot,) = listed.data_gaps
    assert spot.rules == ("a",)


MAPPED = email_not_login(cause="lead", opened_at=ago(1))
"""A finding that a change of the mapping of the email explains."""


def test_the_change_of_one_finding_explains_the_others_of_its_cause():
    follows = finding("login-mismatch", "00u1", cause="lead")
    other = finding("login-mismatch", "00u2", cause="other")
    alone = finding("login-mismatch", "00u3")
    known = change(until=ago(2))
    seen = report(MAPPED, follows, other, alone, changes=(known,))
    assert {each.subject: each.change for each in seen.findings} == {
        "oty1": known,
        "00u1": known,
        "00u2": None,
        "00u3": None,
    }


def test_a_finding_without_a_cause_explains_only_itself():
    known = change(until=ago(2))
    seen = report(email_not_login(opened_at=ago(1)), finding(), changes=(known,))
    assert [each.change for each in seen.findings] == [known, None]


def test_the_change_of_the_leading_finding_comes_before_that_of_another():
    evidence = replace(EMAIL_EVIDENCE, field="mapping[oty2].email.expression")
    ids = ("1", "2", "3")
    for lead in ids[:2]:
        one, two = (
            email_not_login(id=id_, subject=id_, cause=lead, opened_at=ago(1), evidence=(shown,))
            for id_, shown in zip(ids, (EMAIL_EVIDENCE, evidence), strict=False)
        )
        three = finding(id="3", subject="3", cause=lead)
        changes = (change(until=ago(2)), change(evidence.field, until=ago(2)))
        shown = {each.id: each.change for each in report(one, two, three, changes=changes).findings}
        assert shown["3"] == shown[lead]


@pytest.mark.parametrize(
    "opened",
    [
        {"first_seen_at": ago(9), "opened_at": ago(1), "reopened": 1},
        {"first_seen_at": ago(1), "opened_at": None, "state": State.PENDING},
    ],
    ids=["reopened", "pending"],
)
def test_a_change_before_a_finding_opened_or_was_first_seen_explains_its_cause(opened):
    follows = finding("login-mismatch", "00u1", cause="lead")
    seen = report(replace(MAPPED, **opened), follows, changes=(change(until=ago(2)),))
    assert [bool(each.change) for each in seen.findings] == [True, True]


@pytest.mark.parametrize(
    ("opened_at", "came"),
    [
        (UNTIL, Condition.NEW),
        (SINCE, Condition.NEW),
        (SINCE - timedelta(seconds=1), None),
    ],
    ids=["as it ends", "as it begins", "before"],
)
def test_a_finding_came_in_the_period_in_which_it_opened_also_if_it_is_resolved(opened_at, came):
    seen = report(finding(opened_at=opened_at, state=State.RESOLVED, resolved_at=UNTIL))
    assert [each.came for each in seen.findings] == [came]
    assert seen.came(Condition.NEW) == int(came is Condition.NEW)


def test_a_finding_whose_waiver_ended_in_the_period_came_back():
    old = finding(opened_at=ago(20))
    seen = report(old, reopened=frozenset({old.id}))
    assert [each.came for each in seen.findings] == [Condition.REOPENED]
    assert (seen.came(Condition.REOPENED), seen.came(Condition.NEW)) == (1, 0)


def test_a_pending_finding_did_not_come():
    assert [each.came for each in report(finding(state=State.PENDING)).findings] == [None]
