"""What a report says of what happens on the very moment, and of the order in which it says it."""

from datetime import date, timedelta

import pytest

from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.views.report_findings import Condition
from auditor.engine.views.report_waivers import Validity
from auditor.rule.reason_text import reason_text
from auditor.rule.results import Note
from auditor.rule.severity import Basis, Severity
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    SINCE,
    UNTIL,
    ago,
    bound,
    change,
    counts,
    email_not_login,
    finding,
    report,
    run,
    verdict,
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
def test_both_ends_belong_to_the_period(stored, condition):
    assert [each.condition for each in report(stored).findings] == [condition]


def test_a_change_as_the_period_begins_is_news():
    assert report(changes=(change(until=SINCE),)).changes
    assert not report(changes=(change(until=SINCE - timedelta(seconds=1)),)).changes


def test_what_is_due_now_is_not_overdue_yet():
    (told,) = report(finding(opened_at=ago(7))).findings
    assert (told.due_at, told.overdue) == (UNTIL, False)


def test_what_came_later_does_not_hide_what_was_there():
    later = finding(subject="later", opened_at=ago(-1))
    assert [each.subject for each in report(later, finding(subject="there")).findings] == ["there"]


def test_what_came_back_is_explained_by_what_was_changed_before_it_came_back():
    back = email_not_login(opened_at=ago(1), first_seen_at=ago(9), reopened=1)
    (told,) = report(back, changes=(change(until=ago(2)),)).findings
    assert told.change is not None


def test_why_it_could_not_be_looked_at_is_said_only_where_it_could_not():
    why = missing_reason("okta.app")
    unseen = finding(subject="a", transition=Transition.NOT_EVALUATED, reason=why, opened_at=ago(1))
    seen = finding(subject="b", reason=why)
    assert [each.reason for each in report(unseen, seen).findings] == [reason_text(why), ""]


def test_of_what_is_open_the_worst_comes_first_however_old():
    new = finding(subject="new", opened_at=ago(1))
    over = finding(subject="over", state=State.RESOLVED, severity=Severity.CRITICAL)
    old = finding(subject="old", severity=Severity.CRITICAL)
    told = report(new, over, old).findings
    assert [each.subject for each in told] == ["old", "new", "over"]


def test_a_period_without_an_audit_names_the_last_audit():
    assert report(runs=(), weeks=(run(ago(9)),)).headline.detail == (
        "Last audit: 14 November 2026."
    )
    assert report(runs=()).headline.detail == ""


def test_a_rule_is_told_with_its_answer_and_one_that_never_ran_without():
    said = verdict(
        "a", basis=Basis.OBSERVED, reasons=(Note(code="fact", about="twelve agree"),), since=ago(3)
    )
    (told,) = report(rules=(bound("a"),), verdicts=(said,)).rules
    assert (told.status, told.basis, told.reasons, told.since) == (
        VerdictStatus.PASS,
        Basis.OBSERVED,
        ("twelve agree",),
        ago(3),
    )


def test_a_gap_blinds_whoever_names_it_among_other_reasons():
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


def test_a_run_in_the_middle_of_a_week_belongs_to_its_monday():
    wednesday = run(ago(12), counts=counts(high=4))
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
def test_a_word_holds_to_the_end_of_its_last_day(expires, validity):
    waiver = Waiver(rule="a", owner="o", reason="r", expires=expires)
    vouched = Attestation(rule="a", by="P", on=date(2026, 9, 1), expires=expires, evidence="1")
    seen = report(waivers=(waiver,), attestations=(vouched,))
    assert [each.validity for each in seen.waivers] == [validity]
    assert [each.validity for each in seen.attestations] == [validity]


@pytest.mark.parametrize(("many", "ends"), [(6, "rule-5"), (7, "rule-5 and 1 more")])
def test_more_is_said_of_rules_only_where_some_are_left_over(many, ends):
    rules = tuple(bound(f"rule-{number}") for number in range(many))
    blind = tuple(verdict(each.id, VerdictStatus.UNKNOWN) for each in rules)
    assert report(rules=rules, verdicts=blind).completeness.not_evaluated.endswith(ends)


@pytest.mark.parametrize(
    ("many", "begins"),
    [(3, "okta.0, okta.1, okta.2: "), (4, "okta.0, okta.1, okta.2 and 1 more: ")],
)
def test_more_is_said_of_gaps_only_where_some_are_left_over(many, begins):
    gone = {
        f"okta.{number}": MissingData(
            why=MissingReason.UNAUTHORIZED, endpoint=f"GET /{number}", status=401
        )
        for number in range(many)
    }
    (spot,) = report(missing=gone).data_gaps
    assert str(spot).startswith(begins)


def test_one_of_the_lists_behind_a_gap_is_enough_to_be_blind_for_it():
    gone = {
        f"okta.{name}": MissingData(
            why=MissingReason.UNAUTHORIZED, endpoint=f"GET /{name}", status=401
        )
        for name in ("log", "mappings")
    }
    because = (missing_reason("okta.log"),)
    told = report(
        rules=(bound("a"),),
        verdicts=(verdict("a", VerdictStatus.UNKNOWN, reasons=because),),
        missing=gone,
    )
    (spot,) = told.data_gaps
    assert spot.rules == ("a",)
