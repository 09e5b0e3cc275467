"""Findings of an audit against those of earlier audits."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Evaluated, Finding, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import (
    Novelty,
    Reconciled,
    Resolution,
    Shift,
    State,
    Transition,
)
from auditor.rule.results import Affected, GroupedUnder, Pending, RootCause
from tests.support.builders.findings import (
    AUDIT_RULES,
    TIMED_OUT,
    evaluated,
    evaluations,
    finding,
    hours,
    known_of,
    only,
    open_ids,
    remember,
)

RULE = "push-flag-off"
FLAG = finding()


def step(
    memory: PreviousAudits, seen: Evaluated, hour: float, **options
) -> tuple[Reconciled, PreviousAudits]:
    reconciled = reconcile(
        memory.known, seen, memory.configurations, target="production", at=hours(hour), **options
    )
    return reconciled, remember(reconciled, seen, memory)


def after_open(*findings, sticky: tuple[str, ...] = ()) -> PreviousAudits:
    """Return what is known after a clean run and one that found ``findings``."""
    rules = tuple({each.rule for each in findings})
    _, memory = step(PreviousAudits(), evaluated(rules=rules, sticky=sticky), 0)
    return step(memory, evaluated(*findings, sticky=sticky), 1)[1]


def test_only_a_new_or_reopened_finding_without_a_waiver_opens():
    new, memory = step(PreviousAudits(), evaluated(FLAG), 0)
    waived, _ = step(PreviousAudits(), evaluated(FLAG), 0, waivers=[waiver()])
    still, memory = step(memory, evaluated(FLAG), 1)
    resolved, memory = step(memory, evaluated(rules=(RULE,)), 2)
    reopened, _ = step(memory, evaluated(FLAG), 3)
    audits = (new, waived, still, resolved, reopened)
    assert [only(audit).opens for audit in audits] == [True, False, False, False, True]


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


def test_a_pending_finding_is_not_counted():
    reconciled, _ = step(PreviousAudits(), evaluated(finding(within_grace=True)), 0)
    assert reconciled.open == ()
    (verdict,) = reconciled.verdicts
    assert verdict.status is VerdictStatus.PASS
    assert verdict.reasons == (Pending(until=hours(1), count=1),)


def test_missing_data_is_stated_beside_findings():
    gap = (RULE, "push-groups")
    open_, _ = step(PreviousAudits(), evaluated(FLAG, unknown=(gap,)), 0)
    assert (open_.verdicts[0].status, len(open_.verdicts[0].reasons)) == (VerdictStatus.FAIL, 1)
    pending, _ = step(PreviousAudits(), evaluated(finding(within_grace=True), unknown=(gap,)), 0)
    assert (pending.verdicts[0].status, len(pending.verdicts[0].reasons)) == (
        VerdictStatus.UNKNOWN,
        2,
    )
    grouped, _ = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    because = {verdict.rule: verdict.reasons for verdict in grouped.verdicts}
    assert because["email-not-login"] == ()
    assert because["login-mismatch"] == (GroupedUnder(rule="email-not-login", count=1),)


def test_an_event_rule_fails_for_its_open_finding_and_not_for_missing_data():
    memory = after_open(FLAG, sticky=(RULE,))
    attested = evaluated(sticky=(RULE,), statuses={RULE: VerdictStatus.PASS})
    assert step(memory, attested, 2)[0].verdicts[0].reasons == ()


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


def seen(reconciled: Reconciled) -> Finding:
    finding = reconciled.transitions[0].finding
    assert finding
    return finding


ADA = Affected(id="00u1", name="Ada")
CAUSE = finding("email-not-login", "oty1")
EFFECT = finding(
    "login-mismatch",
    "00u1",
    affected=(ADA,),
    root_cause=RootCause(rule="email-not-login", subject="oty1"),
)


def test_people_are_listed_under_the_root_cause():
    reconciled, _ = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    assert seen(reconciled).affected == (ADA,)
    statuses = {verdict.rule: verdict.status for verdict in reconciled.verdicts}
    assert statuses["login-mismatch"] is statuses["email-not-login"] is VerdictStatus.FAIL


def test_each_person_is_counted_once_under_the_cause():
    listed = finding("email-not-login", "oty1", affected=(ADA,))
    reconciled, _ = step(PreviousAudits(), evaluated(listed, EFFECT), 0)
    assert (seen(reconciled).affected_count, seen(reconciled).affected) == (1, (ADA,))


def test_a_person_that_the_cause_does_not_list_is_counted():
    crowd = finding("email-not-login", "oty1", affected_count=5)
    reconciled, _ = step(PreviousAudits(), evaluated(crowd, EFFECT), 0)
    assert (seen(reconciled).affected_count, seen(reconciled).affected) == (5, (ADA,))


def test_only_people_that_the_root_cause_explains_are_listed_under_it():
    alone = finding("login-mismatch", "00u2", root_cause=RootCause(rule="other", subject="oty1"))
    reconciled, _ = step(PreviousAudits(), evaluated(alone, CAUSE, EFFECT), 0)
    assert {entry.after.subject for entry in reconciled.transitions} == {"00u2", "oty1"}


def test_a_person_stays_grouped_while_the_open_cause_is_not_evaluated():
    _, memory = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    reconciled, _ = step(memory, evaluated(EFFECT, unknown_rules=("email-not-login",)), 1)
    assert [entry.transition for entry in reconciled.transitions] == [Transition.NOT_EVALUATED]


def test_a_grouped_finding_opens_when_the_cause_is_fixed():
    _, memory = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    reconciled, _ = step(memory, evaluated(EFFECT, rules=("email-not-login",)), 1)
    kinds = {entry.after.rule: entry.transition for entry in reconciled.transitions}
    assert kinds == {"email-not-login": Transition.RESOLVED, "login-mismatch": Transition.NEW}


def test_an_open_finding_that_is_grouped_is_not_called_fixed():
    memory = after_open(EFFECT)
    reconciled, _ = step(memory, evaluated(CAUSE, EFFECT), 2)
    ends = {e.after.rule: e.after.resolution for e in reconciled.of(Transition.RESOLVED)}
    assert ends == {"login-mismatch": Resolution.GROUPED}


def waiver(**changes: Any) -> Waiver:
    defaults: dict[str, Any] = {
        "rule": RULE,
        "owner": "iam",
        "reason": "planned",
        "expires": date(2026, 2, 1),
    }
    return Waiver(**defaults | changes)


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


def test_a_worse_severity_or_more_people_is_worse():
    memory = after_open(finding(affected_count=3))
    worse, memory = step(memory, evaluated(finding(affected_count=5)), 2)
    better, _ = step(memory, evaluated(finding(affected_count=1)), 3)
    assert (only(worse).shift, only(better).shift) == (Shift.WORSE, Shift.BETTER)


def audited(history: list[Evaluated], **options) -> PreviousAudits:
    memory = PreviousAudits()
    for hour, seen in enumerate(history):
        _, memory = step(memory, seen, hour, **options)
    return memory


@given(st.lists(evaluations(), max_size=6), evaluations())
def test_an_unknown_verdict_resolves_nothing(history, seen):
    memory = audited(history)
    reconciled, _ = step(memory, seen, len(history))
    for entry in reconciled.of(Transition.RESOLVED):
        assert entry.after.rule not in seen.unknown_rules
        assert (entry.after.rule, entry.after.subject) not in seen.unknown_subjects


@given(st.lists(evaluations(), max_size=6), evaluations(), st.randoms())
def test_the_order_of_findings_and_memories_does_not_matter(history, seen, random):
    memory = audited(history)
    shuffled = list(memory.known)
    random.shuffle(shuffled)
    findings = list(seen.findings)
    random.shuffle(findings)
    mixed = PreviousAudits(known=tuple(shuffled), configurations=memory.configurations)
    other = evaluated(
        *findings,
        rules=AUDIT_RULES,
        unknown_rules=tuple(seen.unknown_rules),
        unknown=tuple(seen.unknown_subjects),
        cleared=tuple((rule, each) for rule, found in seen.cleared.items() for each in found),
        sticky=tuple(seen.resolves_on_success),
    )
    hour = len(history)
    assert step(memory, seen, hour)[0].transitions == step(mixed, other, hour)[0].transitions


@given(st.lists(evaluations(), max_size=6), evaluations(), st.integers(1, 3))
def test_repeating_an_audit_changes_nothing(history, seen, resolve_after):
    hour = len(history)
    memory = audited(history, resolve_after=resolve_after)
    _, once = step(memory, seen, hour, resolve_after=resolve_after)
    _, twice = step(once, seen, hour, resolve_after=resolve_after)
    assert {known.id: known for known in twice.known} == {known.id: known for known in once.known}


@given(st.lists(evaluations(), min_size=1, max_size=6))
def test_every_reported_finding_is_stored(history):
    memory = audited(history)
    for each in history[-1].findings:
        known = known_of(memory, each.id)
        assert known.last_seen_at == hours(len(history) - 1)
        assert known.state in {State.OPEN, State.PENDING}


@given(st.lists(evaluations(), max_size=8))
def test_a_finding_opens_no_earlier_than_it_was_first_seen(history):
    for known in audited(history, grace=timedelta(hours=2)).known:
        assert known.opened_at is None or known.opened_at >= known.first_seen_at
