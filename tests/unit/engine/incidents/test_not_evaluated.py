"""The one message about all rules that cannot tell: what it names, and in which order."""

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


def blind(rule: str, *because: str, severity: Severity = Severity.HIGH) -> Verdict:
    reasons = tuple(Undecidable(why=why) for why in because)
    return Verdict(rule=rule, status=VerdictStatus.UNKNOWN, severity=severity, reasons=reasons)


def drawn(*verdicts: Verdict, since: tuple[float, ...] = ()) -> IncidentState:
    """Draw rules that were blind twice before, since so many hours after the start."""
    rules = tuple(each.rule for each in verdicts)
    seen = replace(evaluated(rules=rules), verdicts=verdicts)
    at = hours(9)
    reconciled = reconcile((), seen, None, target=TARGET.name, at=at)
    before = {
        rule: NotEvaluatedRule(since=hours(begun), runs=2)
        for rule, begun in zip(rules, since or (1,) * len(rules), strict=True)
    }
    snapshot = Snapshot(target=TARGET, taken_at=at, read={}, missing={})
    notified_state = NotifiedState(audited_at=hours(8), not_evaluated=before)
    card = assess_not_evaluated(
        reconciled, snapshot, notified_state, read_before=frozenset(), not_evaluated_after=3
    ).view.state
    assert card
    return card


def test_it_is_as_severe_as_the_worst_and_as_old_as_the_oldest():
    card = drawn(
        blind("a", "gone"),
        blind("b", "gone", severity=Severity.CRITICAL),
        blind("c", "gone"),
        since=(2, 3, 1),
    )
    assert (card.severity, card.since, card.dated) == (Severity.CRITICAL, hours(1), False)
    assert (card.findings, card.title) == (3, "Audit incomplete: 3 rules not evaluated")


def test_what_blinds_most_comes_first_and_a_rule_stands_under_its_first_reason():
    card = drawn(
        blind("a", "two"), blind("b", "one"), blind("c", "many", "two"), blind("d", "many")
    )
    assert card.lines == (
        "many (not evaluated: c, d)",
        "one (not evaluated: b)",
        "two (not evaluated: a)",
    )


@pytest.mark.parametrize(
    ("count", "whom"), [(3, "0, 1, 2"), (4, "0, 1, 2 and 1 more"), (5, "0, 1, 2 and 2 more")]
)
def test_three_rules_are_named_and_the_rest_counted(count, whom):
    card = drawn(*(blind(str(number), "gone") for number in range(count)))
    assert card.lines == (f"gone (not evaluated: {whom})",)
