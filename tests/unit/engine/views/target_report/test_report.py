"""The headline of a report, its causes and its rules."""

from dataclasses import replace as replace_field
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.engine.views.target_report.report_rules import failed_first, report_rules
from auditor.rule.results import GroupedUnder, Reason, Undecidable
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    ago,
    bound,
    counts,
    email_not_login,
    finding,
    person,
    report,
    stored_audit,
    verdict,
)
from tests.support.reported_rules import UNKNOWN, WAIVER, failing


def test_a_week_without_findings_is_one_sentence():
    headline = report(rules=(bound("a"), bound("b"))).headline
    assert str(headline) == "Pass: All 2 applicable rules passed."


def test_the_headline_names_the_most_severe_finding_and_the_affected_users():
    worst = email_not_login(person(1), person(2), opened_at=ago(3))
    headline = report(finding(), worst, verdicts=failing("push-flag-off")).headline
    assert headline.status is TargetStatus.FAIL
    assert str(headline) == (
        "Fail: 2 open causes affect 2 users. Most severe: For User Okta sends user.email as the "
        "email instead of the login. First seen 20 November 2026."
    )
    assert headline.worst == worst.id


def test_findings_of_one_rule_are_one_cause():
    seen = report(finding(), finding(subject="deactivate-users"))
    assert seen.headline.verdict == "1 open cause."
    (cause,) = seen.causes
    assert (cause.title, len(cause.findings)) == ("Okta pushes all that Unleash needs", 2)
    assert cause.consequence == ""


def test_several_findings_of_one_kind_have_one_message():
    rule = bound("push-flag-off")
    rule = replace_field(rule, rule=replace_field(rule.rule, many={"": "{n} actions are off."}))
    seen = report(finding(), finding(subject="deactivate-users"), rules=(rule,))
    assert [cause.consequence for cause in seen.causes] == ["2 actions are off."]


def test_findings_of_one_cause_are_one_row_with_the_highest_severity():
    flag = replace(finding(subject="deactivate-users"), severity=Severity.HIGH)
    root = replace(flag, cause=flag.id)
    leavers = [
        finding(
            "user-not-removed",
            str(number),
            affected=(person(number),),
            cause=flag.id,
            severity=Severity.CRITICAL,
        )
        for number in range(3)
    ]
    alone = [finding("unmanaged-user", str(number), cause=str(number)) for number in range(2)]
    seen = report(root, *leavers, *alone)
    cause, rest = seen.causes
    assert (cause.title, cause.rules, cause.severity, cause.affected_count) == (
        "Deactivate Users is off: leavers keep their accounts",
        ("push-flag-off", "user-not-removed"),
        Severity.CRITICAL,
        3,
    )
    assert len(cause.findings) == 4
    assert (rest.rules, len(rest.findings)) == (("unmanaged-user",), 2)
    assert seen.headline.verdict == "3 open causes affect 3 users."


def test_a_failing_target_with_missing_data_is_incomplete_as_well():
    seen = report(finding(), rules=(bound("not-steady"), bound()), verdicts=(UNKNOWN,))
    assert seen.headline.status is TargetStatus.FAIL
    assert seen.headline.detail.endswith("Incomplete: 1 rule not evaluated.")
    assert not seen.completeness.is_complete


@pytest.mark.parametrize(
    "seen_by",
    [
        lambda: report(rules=(bound("not-steady"), bound()), verdicts=(UNKNOWN,)),
        lambda: report(
            finding(waived=True, waiver=WAIVER), rules=(bound("not-steady"),), verdicts=(UNKNOWN,)
        ),
        lambda: report(
            finding(waived=True, waiver=WAIVER),
            verdicts=(
                verdict(
                    status=VerdictStatus.FAIL,
                    reasons=(missing_reason("okta.app", why=MissingReason.TIMEOUT),),
                ),
            ),
        ),
        lambda: report(audits=(), weeks=(stored_audit(ago(9)),)),
        lambda: report(rules=()),
        lambda: report(audits=()),
    ],
    ids=["a rule", "beside a waiver", "a failing rule in part", "no run", "no rule", "no history"],
)
def test_missing_data_never_passes(seen_by):
    seen = seen_by()
    assert seen.headline.status in {TargetStatus.INCOMPLETE, TargetStatus.NOT_AUDITED}
    assert not seen.completeness.is_complete


def test_a_period_without_an_audit_is_not_audited():
    headline = report(audits=(), weeks=(stored_audit(ago(9)),)).headline
    assert str(headline) == (
        "Not audited: No audit took place in this period. Last audit: 14 November 2026."
    )


def test_manual_checks_are_counted_apart_from_passed_rules():
    seen = report(
        rules=(bound("a"), bound("b")), verdicts=(verdict("b", VerdictStatus.NEEDS_ATTESTATION),)
    )
    assert str(seen.headline) == (
        "Pass: No open findings. 1 of 2 rules passed. 1 rule needs a manual check."
    )
    assert [rule.id for rule in seen.to_attest] == ["b"]


def test_accepted_findings_are_stated():
    seen = report(finding(waived=True, waiver=WAIVER), verdicts=failing("push-flag-off"))
    assert str(seen.headline) == (
        "Pass: No open findings. 0 of 1 rule passed. 1 finding is accepted by a waiver."
    )


def test_violations_in_the_grace_period_are_stated():
    seen = report(finding(state=State.PENDING), verdicts=failing("push-flag-off"))
    assert str(seen.headline) == (
        "Pass: No open findings. 0 of 1 rule passed. 1 violation is in the grace period."
    )


def test_a_rule_that_failed_is_not_counted_among_those_that_passed():
    rules = (bound("a"), bound("push-flag-off"), bound("c"))
    verdicts = (*failing("push-flag-off"), verdict("c", VerdictStatus.NEEDS_ATTESTATION))
    seen = report(finding(waived=True, waiver=WAIVER), rules=rules, verdicts=verdicts)
    assert seen.headline.verdict == "No open findings. 1 of 3 rules passed."
    odd = report(rules=rules[:2], verdicts=failing("push-flag-off")).headline
    assert odd.verdict == "No open findings. 1 of 2 rules passed."


@pytest.mark.parametrize(
    ("rules", "idle", "verdict_"),
    [
        (1, 0, "The one applicable rule passed."),
        (2, 0, "All 2 applicable rules passed."),
        (3, 1, "All 2 applicable rules passed."),
        (2, 1, "The one applicable rule passed."),
    ],
)
def test_the_number_of_passed_rules_is_correct(rules, idle, verdict_):
    seen = report(
        rules=tuple(bound(f"rule-{number}") for number in range(rules)),
        verdicts=tuple(verdict(f"rule-{n}", VerdictStatus.NOT_APPLICABLE) for n in range(idle)),
    )
    assert seen.headline.verdict == verdict_


def test_a_common_reason_of_many_rules_is_named_once():
    reason = missing_reason("okta.app")
    refused = reason_text(reason)
    rules = tuple(bound(f"rule-{number}") for number in range(9))
    unknown = tuple(verdict(each.id, VerdictStatus.UNKNOWN, reasons=(reason,)) for each in rules)
    seen = report(rules=rules, verdicts=unknown)
    named = f"rule-0, rule-1, rule-2, rule-3, rule-4, rule-5 and 3 more ({refused})"
    assert seen.headline.detail == f"{named}."
    assert f"9 not evaluated: {named};" in str(seen.completeness)


def test_the_headline_has_the_remediation_of_the_largest_gap():
    refused = MissingData(why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/apps", status=401)
    collections = ("okta.app", "okta.log", "okta.mappings", "okta.user_types")
    missing = {each: replace(refused, endpoint=f"GET /{each[5:]}") for each in collections}
    asleep = MissingData(why=MissingReason.TIMEOUT, endpoint="GET /api/admin/user-admin")
    rules = tuple(bound(each) for each in (*collections, "login-mismatch", "not-steady"))
    reasons: dict[str, Reason] = {each: missing_reason(each, missing[each]) for each in collections}
    reasons["login-mismatch"] = missing_reason("unleash.users", asleep)
    reasons["not-steady"] = Undecidable(why="it is ambiguous")
    unknown = tuple(
        verdict(each, VerdictStatus.UNKNOWN, reasons=(why,)) for each, why in reasons.items()
    )
    seen = report(rules=rules, verdicts=unknown, missing={**missing, "unleash.users": asleep})
    widest = "okta.app, okta.log, okta.mappings and 1 more: unauthorized (401) at 4 endpoints"
    assert seen.headline.detail.startswith(f"{widest}. Issue a new credential")
    assert seen.data_gaps[0].rules == collections
    assert seen.completeness.reasons == (
        widest,
        "unleash.users: timeout at GET /api/admin/user-admin",
        "it is ambiguous",
    )


def test_rules_that_are_turned_off_are_counted():
    seen = report(off=("user-not-removed",))
    assert seen.off == ("user-not-removed",)
    assert "1 of 1 rule evaluated; 1 turned off;" in str(seen.completeness)


def test_failed_rules_come_first():
    statuses = {
        "a": VerdictStatus.PASS,
        "b": VerdictStatus.UNKNOWN,
        "c": VerdictStatus.FAIL,
        "d": VerdictStatus.FAIL,
    }
    seen = report(
        rules=tuple(map(bound, statuses)),
        verdicts=tuple(verdict(each, status) for each, status in statuses.items()),
    )
    assert [each.id for each in seen.rules] == ["c", "d", "b", "a"]


def test_a_rule_that_was_never_evaluated_precedes_passed_rules():
    asked = report_rules((bound("a"), bound("z")), (verdict("a"),), ())
    assert [each.id for each in sorted(asked, key=failed_first)] == ["z", "a"]


def test_the_time_to_fix_counts_from_the_last_opening():
    resolved: dict[str, Any] = {"state": State.RESOLVED, "resolved_at": ago(1)}
    short = finding(opened_at=ago(2), first_seen_at=ago(90), reopened=3, **resolved)
    middle, long = (finding(subject=str(days), opened_at=ago(days), **resolved) for days in (4, 11))
    open_ = finding(subject="open", opened_at=ago(5))
    seen = report(short, middle, long, open_)
    took = {each.subject: each.took for each in seen.findings}
    assert took == {
        "create-users": timedelta(days=1),
        "4": timedelta(days=3),
        "11": timedelta(days=10),
        "open": None,
    }
    assert seen.time_to_resolve == timedelta(days=3)
    assert report(open_).time_to_resolve is None


@pytest.mark.parametrize(
    ("counts_", "exact"), [((2, 3), True), ((200,), True), ((200, 1), False)], ids=str
)
def test_the_number_of_affected_users_is_exact_if_all_are_listed(counts_, exact):
    findings = (
        finding(
            subject=str(number),
            affected=tuple(person(each) for each in range(min(count, 100))),
            affected_count=count,
        )
        for number, count in enumerate(counts_)
    )
    assert report(*findings).is_people_count_exact is exact


def test_users_listed_under_a_cause_do_not_make_a_rule_unknown():
    listed = verdict(
        "login-mismatch",
        VerdictStatus.FAIL,
        reasons=(GroupedUnder(rule="email-not-login", count=3),),
    )
    seen = report(email_not_login(), rules=(bound("login-mismatch"),), verdicts=(listed,))
    assert seen.completeness.unknown_rules == ()


def test_completeness_counts_rules_and_incomplete_audits():
    seen = report(
        rules=tuple(bound(each) for each in ("a", "b", "c", "d")),
        verdicts=(
            verdict("b", VerdictStatus.UNKNOWN),
            verdict("c", VerdictStatus.NEEDS_ATTESTATION),
            verdict("d", VerdictStatus.NOT_APPLICABLE),
        ),
        audits=(stored_audit(ago(1), counts=counts(unknown=1)), stored_audit()),
    )
    assert str(seen.completeness) == (
        "2 of 4 rules evaluated; 1 not evaluated: b; 1 needs attestation; 1 not applicable; "
        "2 audits, 1 incomplete."
    )
