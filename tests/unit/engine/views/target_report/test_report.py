import re
from dataclasses import replace as replace_field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_findings import Condition
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.engine.views.target_report.report_rules import failed_first, report_rules
from auditor.engine.views.target_report.report_trend import trend
from auditor.engine.views.target_report.report_waivers import Validity
from auditor.rule.results import GroupedUnder, Reason, Undecidable
from auditor.rule.severity import Family, Severity
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    UNTIL,
    ago,
    bound,
    change,
    counts,
    email_not_login,
    finding,
    person,
    report,
    stored_audit,
    verdict,
)

WAIVER = Waiver(
    rule="push-flag-off", owner="Identity team", reason="in migration", expires=date(2026, 12, 1)
)


def failing(*rules):
    return tuple(verdict(rule, VerdictStatus.FAIL) for rule in rules)


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
    assert seen.headline.verdict == "2 open causes affect 3 users."


def test_a_failing_target_with_missing_data_is_incomplete_as_well():
    seen = report(finding(), rules=(bound("not-steady"), bound()), verdicts=(UNKNOWN,))
    assert seen.headline.status is TargetStatus.FAIL
    assert seen.headline.detail.endswith("Incomplete: 1 rule not evaluated.")
    assert not seen.completeness.is_complete


UNKNOWN = verdict("not-steady", VerdictStatus.UNKNOWN, reasons=(missing_reason("okta.log"),))


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


def test_a_week_without_an_audit_is_a_gap():
    seen = report(weeks=(stored_audit(ago(14), counts=counts(high=2, low=1)),))
    assert len(seen.trend) == 12
    assert [point.open is None for point in seen.trend[-4:]] == [True, False, True, False]
    assert seen.trend[-3].total == 3
    assert seen.trend[-1].week == date(2026, 11, 23)
    assert seen.last_week.open is None


def test_weeks_begin_in_the_time_zone_of_the_report():
    # Sunday evening in New York, in the week that ends with the report.
    until = datetime(2026, 11, 23, 5, tzinfo=UTC)
    late = stored_audit(until - timedelta(hours=1), counts=counts(high=5))
    before = stored_audit(until - timedelta(days=7, hours=1), counts=counts(high=2))
    points = tuple(trend((before, late), until, ZoneInfo("America/New_York")))
    assert [(point.week, point.total) for point in points[-2:]] == [
        (date(2026, 11, 9), 2),
        (date(2026, 11, 16), 5),
    ]


def test_the_last_audit_of_a_week_represents_the_week():
    seen = report(
        audits=(stored_audit(UNTIL - timedelta(hours=2), counts=counts(high=5)), stored_audit())
    )
    assert seen.trend[-1].total == 0


def test_a_control_has_the_status_of_its_worst_rule():
    seen = report(
        finding(),
        rules=(bound(), bound("user-not-removed", family=Family.RECONCILIATION)),
        verdicts=failing("push-flag-off"),
    )
    controls = {(each.framework, each.control): each for each in seen.controls}
    shared = controls["SOC 2", "CC6.2"]
    assert (shared.status, shared.open) == (VerdictStatus.FAIL, 1)
    assert shared.rules == ("push-flag-off", "user-not-removed")
    assert controls["NIST 800-53", "AC-6(7)"].status is VerdictStatus.PASS


@pytest.mark.parametrize(
    ("collection", "why", "remediation"),
    [
        ("okta.log", MissingReason.FORBIDDEN, "okta.logs.read"),
        ("okta.app", MissingReason.FORBIDDEN, "okta.apps.read"),
        ("unleash.users", MissingReason.FORBIDDEN, "the root role Admin"),
        ("unleash.self", MissingReason.FORBIDDEN, "Use the token of a service account"),
        *(
            ("okta.app", why, ".")
            for why in MissingReason
            if why is not MissingReason.NOT_ON_THIS_EDITION
        ),
    ],
)
def test_missing_data_states_its_remediation(collection, why, remediation):
    missing = MissingData(why=why, endpoint="GET /here")
    because = missing_reason(collection, missing)
    seen = report(
        rules=(bound("not-steady"),),
        verdicts=(verdict("not-steady", VerdictStatus.UNKNOWN, reasons=(because,)),),
        missing={collection: missing},
    )
    [spot] = seen.data_gaps
    assert remediation in spot.remediation
    assert spot.rules == ("not-steady",)


def test_the_permission_of_the_refused_path_is_named():
    for path, scope in (("apps/0oa1/group-push/mappings", "apps"), ("groups/00g1", "groups")):
        gone = MissingData(why=MissingReason.FORBIDDEN, endpoint=f"GET /api/v1/{path}", status=403)
        (spot,) = report(missing={"okta.pushed_groups": gone}).data_gaps
        assert re.findall(r"okta\.\w+\.read", spot.remediation) == [f"okta.{scope}.read"]


def test_a_refused_credential_must_be_issued_again():
    gone = MissingData(why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/mappings", status=401)
    (spot,) = report(missing={"okta.mappings": gone}).data_gaps
    assert spot.remediation == (
        "Issue a new credential and store it in the variable or the file that target.okta names."
    )


def test_a_refused_token_names_no_permission():
    gone = MissingData(
        why=MissingReason.UNAUTHORIZED, endpoint="POST /oauth2/v1/token", detail="invalid_scope"
    )
    (spot,) = report(missing={"okta.mappings": gone}).data_gaps
    assert spot.remediation.startswith("Grant the service app every scope of target.okta.scopes")


def test_a_collection_that_this_edition_does_not_have_is_not_missing_data():
    gone = MissingData(
        why=MissingReason.NOT_ON_THIS_EDITION, endpoint="GET /api/admin/groups", status=404
    )
    assert report(missing={"unleash.groups": gone}).data_gaps == ()


def test_the_report_is_plain_data():
    seen = report(email_not_login(person(1)), changes=(change(until=ago(20)),))
    assert msgspec.json.decode(msgspec.json.encode(seen), type=Report) == seen
