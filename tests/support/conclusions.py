"""What all rules conclude from a snapshot, without names and texts: equal in both privacy modes."""

from typing import Any

from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.evaluate import evaluate
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules

RULES = load_rules([shipped("rules")])
ALL = bind(RULES, {rule_id: {"enabled": True} for rule_id in RULES}, where="test")


def conclusions_of(snapshot: Snapshot) -> tuple[Any, ...]:
    """Return verdicts, findings, unknown subjects and cleared subjects."""
    evaluated = evaluate(snapshot, ALL)
    verdicts = {(each.rule, each.status, each.basis) for each in evaluated.verdicts}
    findings = {
        (
            each.rule,
            each.subject,
            each.attribute,
            each.severity,
            each.affected_count,
            each.since,
            each.within_grace,
        )
        for each in evaluated.findings
    }
    return verdicts, findings, evaluated.unknown_subjects, evaluated.cleared
