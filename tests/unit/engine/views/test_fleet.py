"""One target of the overview: status, counts and dates."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.fleet import FleetTarget, fleet_of, fleet_target
from auditor.engine.views.target_report.report_findings import Condition
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.rule.severity import Severity
from tests.support.builders.reports import (
    UNTIL,
    ago,
    counts,
    finding,
    person,
    stored_audit,
    verdict,
)

STALE_AFTER = timedelta(hours=26)
UNKNOWN = verdict("not-steady", VerdictStatus.UNKNOWN)


def target(*findings, name="production", **changes: Any) -> FleetTarget:
    given: dict[str, Any] = {
        "verdicts": (verdict(),),
        "last": stored_audit(),
        "week_ago": None,
        "deadlines": Deadlines(owner="Identity Platform"),
        "titles": {},
        "at": UNTIL,
        "stale_after": STALE_AFTER,
    }
    return fleet_target(name, findings=findings, **given | changes)


def counted(affected: int):
    return stored_audit(counts=replace(counts(high=1), affected=affected))


def test_a_target_that_was_never_audited_has_no_date_and_no_number_of_last_week():
    never = target(last=None, verdicts=())
    assert (never.status, never.last_audit_at) == (TargetStatus.NOT_AUDITED, None)
    assert (never.open, never.open_last_week, never.is_last_week_complete) == (0, None, False)
    assert not never.is_complete


@pytest.mark.parametrize(
    ("late", "status"),
    [(timedelta(), TargetStatus.PASS), (timedelta(seconds=1), TargetStatus.NOT_AUDITED)],
    ids=["still valid", "outdated"],
)
def test_the_state_of_an_old_audit_is_valid_up_to_the_limit(late, status):
    last = stored_audit(UNTIL - STALE_AFTER - late)
    seen = target(last=last)
    assert (seen.status, seen.last_audit_at, seen.is_complete) == (
        status,
        last.at,
        status is TargetStatus.PASS,
    )


def test_an_unknown_rule_leaves_a_target_incomplete_and_an_open_finding_makes_it_fail():
    unread = target(verdicts=(verdict(), UNKNOWN))
    assert (unread.status, unread.not_evaluated) == (TargetStatus.INCOMPLETE, 1)
    assert not unread.is_complete
    failing = target(finding(), verdicts=(verdict(), UNKNOWN))
    assert (failing.status, failing.is_complete) == (TargetStatus.FAIL, False)
    assert failing.verdicts == {
        "push-flag-off": VerdictStatus.PASS,
        "not-steady": VerdictStatus.UNKNOWN,
    }


def test_the_affected_users_are_counted_by_the_last_audit_or_by_the_findings():
    listed = finding(affected=(person(1), person(2)))
    numbers = [target(listed, last=last).affected for last in (counted(7), stored_audit(), None)]
    assert numbers == [7, 2, 2]
    assert target(last=counted(0)).affected == 0


@pytest.mark.parametrize(
    ("days", "condition"), [(6, Condition.NEW), (8, Condition.STILL_OPEN)], ids=["new", "older"]
)
def test_a_cause_is_new_if_it_opened_within_a_week(days, condition):
    (cause,) = target(finding(opened_at=ago(days))).causes
    assert cause.condition is condition


def test_the_open_and_the_overdue_findings_are_counted_and_the_worst_cause_gives_the_owner():
    deadlines = Deadlines(owner="Identity Platform", owners={"user-not-removed": "HR"})
    seen = target(
        finding(subject="late", opened_at=ago(8)),
        finding("user-not-removed", opened_at=ago(2), severity=Severity.CRITICAL),
        finding(subject="young", opened_at=ago(1)),
        finding(subject="over", opened_at=ago(30), state=State.RESOLVED),
        deadlines=deadlines,
        week_ago=stored_audit(ago(7), counts=counts(high=2, low=3)),
    )
    assert (seen.open, seen.overdue, seen.open_last_week) == (3, 2, 5)
    assert (seen.severity, seen.owner) == (Severity.CRITICAL, "HR")
    assert seen.is_last_week_complete
    clean = target(deadlines=deadlines)
    assert (clean.severity, clean.owner, clean.open, clean.overdue) == (
        None,
        "Identity Platform",
        0,
        0,
    )


def test_an_incomplete_audit_of_last_week_is_marked():
    then = stored_audit(ago(7), counts=counts(unknown=1))
    assert not target(week_ago=then).is_last_week_complete


def test_failing_targets_are_in_the_order_of_severity_then_of_affected_users_then_of_names():
    def failing(name, affected, severity=Severity.HIGH):
        return target(finding(severity=severity), name=name, last=counted(affected))

    fleet = fleet_of(
        (failing("b", 1), failing("c", 5), failing("a", 1), failing("d", 0, Severity.CRITICAL)),
        UNTIL,
    )
    assert [each.name for each in fleet.targets] == ["d", "c", "a", "b"]
    assert fleet.count(TargetStatus.FAIL) == 4
    assert fleet.count(TargetStatus.PASS) == 0


def test_an_outdated_target_with_a_finding_precedes_one_without():
    old = {"last": stored_audit(ago(5))}
    low = target(finding(severity=Severity.LOW), name="low", **old)
    fleet = fleet_of((target(name="clean", **old), low), UNTIL)
    assert [each.name for each in fleet.targets] == ["low", "clean"]


def test_shared_causes_have_the_highest_severity_and_the_sum_of_the_affected_users():
    def failing(name, *found):
        return target(
            *(
                finding(rule, severity=severity, affected=tuple(map(person, range(affected))))
                for rule, severity, affected in found
            ),
            name=name,
        )

    fleet = fleet_of(
        (
            failing("a", ("one", Severity.LOW, 2), ("two", Severity.LOW, 0)),
            failing("b", ("one", Severity.HIGH, 3), ("three", Severity.LOW, 0)),
            failing("c", ("two", Severity.LOW, 0), ("three", Severity.LOW, 1)),
            failing("d", ("two", Severity.LOW, 0), ("alone", Severity.CRITICAL, 0)),
        ),
        UNTIL,
    )
    assert [(each.title, each.severity, each.affected) for each in fleet.shared] == [
        ("One", Severity.HIGH, 5),
        ("Two", Severity.LOW, 0),
        ("Three", Severity.LOW, 1),
    ]
    assert fleet.rules == ("push-flag-off",)
