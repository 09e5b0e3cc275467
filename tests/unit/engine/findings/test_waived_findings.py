"""Findings that a waiver covers, and waivers that cover nothing."""

from datetime import date
from typing import Any

from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.findings.tracked_findings import (
    Shift,
    Transition,
)
from tests.support.audit_steps import step
from tests.support.builders.findings import (
    evaluated,
    finding,
    hours,
    only,
)

RULE = "push-flag-off"
FLAG = finding()


def waiver(**changes: Any) -> Waiver:
    defaults: dict[str, Any] = {
        "rule": RULE,
        "owner": "iam",
        "reason": "planned",
        "expires": date(2026, 2, 1),
    }
    return Waiver(**defaults | changes)


def test_only_a_new_or_reopened_finding_without_a_waiver_opens():
    new, memory = step(PreviousAudits(), evaluated(FLAG), 0)
    waived, _ = step(PreviousAudits(), evaluated(FLAG), 0, waivers=[waiver()])
    still, memory = step(memory, evaluated(FLAG), 1)
    resolved, memory = step(memory, evaluated(rules=(RULE,)), 2)
    reopened, _ = step(memory, evaluated(FLAG), 3)
    audits = (new, waived, still, resolved, reopened)
    assert [only(audit).opens for audit in audits] == [True, False, False, False, True]


def test_a_waived_finding_is_visible_and_not_counted():
    reconciled, _ = step(PreviousAudits(), evaluated(FLAG), 0, waivers=[waiver()])
    assert (only(reconciled).waiver, only(reconciled).counts) == (waiver(), False)
    assert (reconciled.unmatched_waivers, reconciled.expired_waivers) == ((), ())


def test_a_waiver_is_valid_on_its_last_day():
    last = waiver(expires=hours(0).date())
    reconciled, _ = step(PreviousAudits(), evaluated(FLAG), 0, waivers=[last])
    assert (only(reconciled).waiver, reconciled.expired_waivers) == (last, ())
    reconciled, _ = step(PreviousAudits(), evaluated(FLAG), 24, waivers=[last])
    assert (only(reconciled).waiver, reconciled.expired_waivers) == (None, (last,))


def test_an_expired_waiver_reopens_the_finding_with_its_first_seen():
    _, memory = step(PreviousAudits(), evaluated(FLAG), 0, waivers=[waiver()])
    late = 24 * 60
    reconciled, _ = step(memory, evaluated(FLAG), late, waivers=[waiver()])
    assert (only(reconciled).transition, only(reconciled).shift) == (
        Transition.REOPENED,
        Shift.WAIVER_ENDED,
    )
    assert only(reconciled).after.first_seen_at == hours(0)
    assert reconciled.expired_waivers == (waiver(),)


def test_a_waiver_without_a_finding_is_reported_unless_its_rule_is_unknown():
    assert step(PreviousAudits(), evaluated(), 0, waivers=[waiver()])[0].unmatched_waivers == (
        waiver(),
    )
    unknown = evaluated(unknown_rules=(RULE,))
    assert step(PreviousAudits(), unknown, 0, waivers=[waiver()])[0].unmatched_waivers == ()


def test_a_waiver_of_another_target_is_ignored():
    other = waiver(target="staging")
    reconciled, _ = step(PreviousAudits(), evaluated(FLAG), 0, waivers=[other])
    assert (only(reconciled).counts, reconciled.unmatched_waivers) == (True, ())
