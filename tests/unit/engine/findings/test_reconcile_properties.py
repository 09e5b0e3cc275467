"""What holds for any series of audits."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.tracked_findings import (
    State,
    Transition,
)
from tests.support.audit_steps import step
from tests.support.builders.findings import (
    AUDIT_RULES,
    evaluated,
    evaluations,
    hours,
    known_of,
)


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
