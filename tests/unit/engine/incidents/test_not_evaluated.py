"""The message about all rules that were not evaluated: its content and its order."""

import pytest
from msgspec.structs import replace

from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.incidents.incident import IncidentState, NotEvaluatedRule, NotifiedState
from auditor.engine.incidents.not_evaluated import assess_not_evaluated
from auditor.rule.results import Undecidable
from auditor.rule.severity import Severity
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import evaluated, hours


def unknown(rule: str, *because: str, severity: Severity = Severity.HIGH) -> Verdict:
    reasons = tuple(Undecidable(why=why) for why in because)
    return Verdict(rule=rule, status=VerdictStatus.UNKNOWN, severity=severity, reasons=reasons)


def state_of(*verdicts: Verdict, since: tuple[float, ...] = ()) -> IncidentState:
    """Return the state of rules that were unknown twice before, `since` hours after the start."""
    rules = tuple(each.rule for each in verdicts)
    seen = replace(evaluated(rules=rules), verdicts=verdicts)
    at = hours(9)
    reconciled = reconcile((), seen, None, target=TARGET.name, at=at)
    before = {
        rule: NotEvaluatedRule(since=hours(begun), audits=2)
        for rule, begun in zip(rules, since or (1,) * len(rules), strict=True)
    }
    snapshot = Snapshot(target=TARGET, taken_at=at, read={}, missing={})
    notified_state = NotifiedState(audited_at=hours(8), not_evaluated=before)
    state = assess_not_evaluated(
        reconciled, snapshot, notified_state, read_before=frozenset(), not_evaluated_after=3
    ).view.state
    assert state
    return state


def test_the_incident_has_the_highest_severity_and_the_earliest_start():
    state = state_of(
        unknown("a", "gone"),
        unknown("b", "gone", severity=Severity.CRITICAL),
        unknown("c", "gone"),
        since=(2, 3, 1),
    )
    assert (state.severity, state.since, state.dated) == (Severity.CRITICAL, hours(1), False)
    assert (state.findings, state.title) == (3, "Rules not evaluated")


def test_the_reason_of_the_most_rules_comes_first_and_a_rule_is_listed_under_its_first_reason():
    state = state_of(
        unknown("a", "two"), unknown("b", "one"), unknown("c", "many", "two"), unknown("d", "many")
    )
    assert state.lines == (
        "many (not evaluated: c, d)",
        "one (not evaluated: b)",
        "two (not evaluated: a)",
    )


@pytest.mark.parametrize(
    ("count", "named"), [(3, "0, 1, 2"), (4, "0, 1, 2 and 1 more"), (5, "0, 1, 2 and 2 more")]
)
def test_three_rules_are_named_and_the_rest_counted(count, named):
    state = state_of(*(unknown(str(number), "gone") for number in range(count)))
    assert state.lines == (f"gone (not evaluated: {named})",)
