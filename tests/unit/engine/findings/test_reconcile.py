"""Findings of an audit against those of earlier audits."""

from datetime import timedelta

import pytest

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import (
    Novelty,
    Resolution,
    Shift,
    State,
    Transition,
)
from tests.support.audit_steps import after_open, step
from tests.support.builders.findings import (
    TIMED_OUT,
    evaluated,
    finding,
    hours,
    known_of,
    only,
    open_ids,
)

RULE = "push-flag-off"
FLAG = finding()


def test_a_finding_of_the_first_audit_is_baseline():
    reconciled, _ = step(PreviousAudits(), evaluated(FLAG), 0)
    assert (only(reconciled).transition, only(reconciled).novelty) == (
        Transition.NEW,
        Novelty.BASELINE,
    )


def test_a_finding_that_the_last_audit_did_not_have_is_drift():
    _, memory = step(PreviousAudits(), evaluated(), 0)
    reconciled, _ = step(memory, evaluated(FLAG), 1)
    assert (only(reconciled).transition, only(reconciled).novelty) == (
        Transition.NEW,
        Novelty.DRIFT,
    )


def test_a_finding_of_a_rule_that_did_not_run_last_time_is_newly_checked():
    _, memory = step(PreviousAudits(), evaluated(rules=("another-rule",)), 0)
    reconciled, _ = step(memory, evaluated(FLAG), 1)
    assert only(reconciled).novelty is Novelty.NEWLY_CHECKED


def test_a_finding_that_persists_keeps_its_first_seen():
    memory = after_open(FLAG)
    reconciled, _ = step(memory, evaluated(FLAG), 2)
    assert (only(reconciled).transition, only(reconciled).after.first_seen_at) == (
        Transition.STILL_OPEN,
        hours(1),
    )


def test_an_unknown_rule_resolves_nothing():
    reconciled, memory = step(after_open(FLAG), evaluated(unknown_rules=(RULE,)), 2)
    assert (only(reconciled).transition, open_ids(memory)) == (Transition.NOT_EVALUATED, {FLAG.id})
    assert only(reconciled).reason == TIMED_OUT


def test_only_the_unknown_subject_stays_not_evaluated():
    other = finding(subject="push-groups")
    reconciled, _ = step(after_open(FLAG, other), evaluated(unknown=((RULE, FLAG.subject),)), 2)
    kinds = {entry.after.subject: entry.transition for entry in reconciled.transitions}
    assert kinds == {FLAG.subject: Transition.NOT_EVALUATED, "push-groups": Transition.RESOLVED}


def test_a_rule_that_finds_nothing_resolves_the_finding_as_fixed():
    reconciled, _ = step(after_open(FLAG), evaluated(), 2)
    after = only(reconciled).after
    assert (only(reconciled).transition, after.resolution) == (
        Transition.RESOLVED,
        Resolution.FIXED,
    )
    assert (after.state, after.resolved_at) == (State.RESOLVED, hours(2))
    assert (after.took, after.missed) == (timedelta(hours=1), 0)


def test_an_open_finding_has_no_resolution_time():
    _, memory = step(after_open(FLAG), evaluated(FLAG), 2)
    assert known_of(memory, FLAG.id).took is None
    _, memory = step(PreviousAudits(), evaluated(finding(within_grace=True)), 0)
    _, memory = step(memory, evaluated(), 2)
    assert known_of(memory, FLAG.id).took is None


@pytest.mark.parametrize(
    ("now", "resolution"),
    [
        pytest.param(
            evaluated(configurations={RULE: "c2"}), Resolution.CONFIGURATION_CHANGED, id="parameter"
        ),
        pytest.param(
            evaluated(statuses={RULE: VerdictStatus.NOT_APPLICABLE}),
            Resolution.NOT_APPLICABLE,
            id="not applicable",
        ),
        pytest.param(
            evaluated(statuses={RULE: VerdictStatus.ATTESTED}), Resolution.ATTESTED, id="attested"
        ),
    ],
)
def test_a_finding_that_closes_for_another_reason_is_not_called_fixed(now, resolution):
    reconciled, _ = step(after_open(FLAG), now, 2)
    assert only(reconciled).after.resolution is resolution


def test_findings_of_a_removed_rule_are_removed():
    reconciled, _ = step(after_open(FLAG), evaluated(rules=("another-rule",)), 2)
    assert only(reconciled).transition is Transition.REMOVED
    assert only(reconciled).after.resolution is Resolution.RULE_REMOVED


def test_a_finding_that_returns_is_reopened_and_counted():
    _, memory = step(after_open(FLAG), evaluated(), 2)
    reconciled, _ = step(memory, evaluated(FLAG), 3)
    assert (only(reconciled).transition, only(reconciled).after.reopened) == (
        Transition.REOPENED,
        1,
    )
    assert only(reconciled).after.first_seen_at == hours(1)


def test_resolve_after_prevents_flapping():
    memory = after_open(FLAG)
    kinds = []
    for hour in (2, 3, 4):
        reconciled, memory = step(memory, evaluated(), hour, resolve_after=3)
        kinds.append(only(reconciled).transition)
    assert kinds == [Transition.STILL_OPEN, Transition.STILL_OPEN, Transition.RESOLVED]


def test_an_unknown_audit_does_not_count_for_resolve_after():
    memory = after_open(FLAG)
    for hour, seen in enumerate([evaluated(), evaluated(unknown_rules=(RULE,))], start=2):
        _, memory = step(memory, seen, hour, resolve_after=2)
    assert open_ids(memory) == {FLAG.id}


def test_a_violation_within_the_grace_period_opens_only_if_it_outlasts_the_period():
    slow = finding(within_grace=True)
    memory, kinds = PreviousAudits(), []
    for hour in (0, 0.5, 1):
        reconciled, memory = step(memory, evaluated(slow), hour)
        kinds.append(only(reconciled).transition)
    assert kinds == [Transition.PENDING, Transition.PENDING, Transition.NEW]


def test_a_pending_finding_that_disappears_is_transient():
    _, memory = step(PreviousAudits(), evaluated(finding(within_grace=True)), 0)
    reconciled, memory = step(memory, evaluated(), 2)
    assert (only(reconciled).transition, only(reconciled).after.resolution) == (
        Transition.PENDING,
        Resolution.TRANSIENT,
    )
    again, _ = step(memory, evaluated(finding(within_grace=True)), 3)
    assert only(again).transition is Transition.PENDING


def test_an_event_rules_finding_does_not_close_because_its_events_expired():
    memory = after_open(FLAG, sticky=(RULE,))
    reconciled, _ = step(memory, evaluated(sticky=(RULE,)), 2)
    assert only(reconciled).transition is Transition.STILL_OPEN
    assert reconciled.verdicts[0].status is VerdictStatus.FAIL


def test_an_event_rules_finding_closes_on_a_later_success():
    memory = after_open(FLAG, sticky=(RULE,))
    seen = evaluated(sticky=(RULE,), cleared=((RULE, FLAG.subject),))
    assert only(step(memory, seen, 2)[0]).transition is Transition.RESOLVED


def test_a_worse_severity_or_more_people_is_worse():
    memory = after_open(finding(affected_count=3))
    worse, memory = step(memory, evaluated(finding(affected_count=5)), 2)
    better, _ = step(memory, evaluated(finding(affected_count=1)), 3)
    assert (only(worse).shift, only(better).shift) == (Shift.WORSE, Shift.BETTER)
