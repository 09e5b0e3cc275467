"""The message about all rules that were not evaluated: its content and its order."""

import pytest
from msgspec.structs import replace

from auditor.domain.collections import APP, MAPPINGS, MissingReason
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.incidents.incident import IncidentState, NotEvaluatedRule, NotifiedState
from auditor.engine.incidents.not_evaluated import NotEvaluated, assess_not_evaluated
from auditor.rule.results import Undecidable
from auditor.rule.severity import Severity
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import evaluated, hours, missing_reason


def unknown(rule: str, *because: str, severity: Severity = Severity.HIGH) -> Verdict:
    reasons = tuple(Undecidable(why=why) for why in because)
    return Verdict(rule=rule, status=VerdictStatus.UNKNOWN, severity=severity, reasons=reasons)


def assess(*verdicts: Verdict, before: dict[str, NotEvaluatedRule]) -> NotEvaluated:
    """Assess an audit that is not the first; ``before`` are the rules that were unknown."""
    rules = tuple(each.rule for each in verdicts)
    seen = replace(evaluated(rules=rules), verdicts=verdicts)
    at = hours(9)
    reconciled = reconcile((), seen, None, target=TARGET.name, at=at)
    snapshot = Snapshot(target=TARGET, taken_at=at, read={}, missing={})
    notified_state = NotifiedState(audited_at=hours(8), not_evaluated=before)
    return assess_not_evaluated(
        reconciled, snapshot, notified_state, read_before=frozenset(), not_evaluated_after=3
    )


def state_of(*verdicts: Verdict, since: tuple[float, ...] = ()) -> IncidentState:
    """Return the state of rules that were unknown twice before, `since` hours after the start."""
    before = {
        each.rule: NotEvaluatedRule(since=hours(begun), audits=2)
        for each, begun in zip(verdicts, since or (1,) * len(verdicts), strict=True)
    }
    state = assess(*verdicts, before=before).view.state
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


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.MEDIUM])
def test_a_less_severe_rule_is_followed_only_if_the_first_audit_reported_it(severity):
    known = NotEvaluatedRule(since=hours(1), audits=1, notified=True)
    verdict = unknown("a", "gone", severity=severity)
    followed = assess(verdict, before={"a": known})
    assert followed.rules == {"a": replace(known, audits=2)}
    assert (followed.view.counts.open, followed.view.counts.added) == (1, 0)
    assert assess(verdict, before={}).rules == {}


def test_one_refused_collection_of_several_missing_ones_is_reported_at_once():
    verdict = replace(
        unknown("a"),
        reasons=(
            missing_reason(APP.name, why=MissingReason.TIMEOUT),
            missing_reason(MAPPINGS.name, why=MissingReason.FORBIDDEN),
        ),
    )
    assert assess(verdict, before={}).rules["a"].notified
