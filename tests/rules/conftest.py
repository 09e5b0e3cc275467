"""Evaluates one rule by its id, through the real loader and the real evaluation."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import Evaluated, Finding, VerdictStatus
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from auditor.rule.results import RuleFailed
from tests.support.builders.contexts import clean_snapshot
from tests.support.recorded_reads import recorded

DESTRUCTIVE = re.compile(r"DELETE /|generate-new-token|curl ")
"""API calls that delete or revoke. Only ``auditor plan --calls``, which reads both sides again,
lists them."""

Ask = Callable[..., Evaluated]
Check = Callable[..., tuple[VerdictStatus, tuple[Finding, ...]]]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Evaluate one rule, by id, on a snapshot; keywords are its parameters."""
    rules = load_rules([shipped("rules")])

    def run(
        rule_id: str,
        snapshot: Snapshot | None = None,
        *,
        attestations: Iterable[Attestation] = (),
        **params: Any,
    ) -> Evaluated:
        table = {rule_id: {"enabled": True, **params}}
        bound = bind({rule_id: rules[rule_id]}, table, where="test")
        copy, requested = recorded(snapshot or clean_snapshot())
        evaluated = evaluate(copy, bound, tuple(attestations))
        # Targeted audits and `doctor` rely on what a rule declares.
        undeclared = requested - {each.name for each in rules[rule_id].rule.reads}
        assert not undeclared, rule_id
        _assert_evidence_and_remediation(evaluated)
        return evaluated

    return run


def _assert_evidence_and_remediation(evaluated: Evaluated) -> None:
    """Assert that every finding has evidence and a remediation."""
    reasons = [reason for verdict in evaluated.verdicts for reason in verdict.reasons]
    assert not any(isinstance(reason, RuleFailed) for reason in reasons), reasons
    for finding in evaluated.findings:
        assert finding.message.endswith("."), finding.message
        assert all(each.field and each.observed and each.expected for each in finding.evidence), (
            finding
        )
        assert finding.evidence, finding
        assert finding.remediation, finding
        assert finding.remediation.steps, finding
        assert all(step.endswith(".") for step in finding.remediation.steps), (
            finding.remediation.steps
        )
        stored = " ".join((*finding.remediation.steps, finding.remediation.api or ""))
        assert not DESTRUCTIVE.search(stored), stored
        names = [(each.name, each.id) for each in finding.affected]
        assert names == sorted(names), names


@pytest.fixture(scope="session")
def check(ask: Ask) -> Check:
    """Evaluate like ``ask``, but return only the verdict's status and the findings."""

    def run(rule_id: str, *args: Any, **kwargs: Any) -> tuple[VerdictStatus, tuple[Finding, ...]]:
        evaluated = ask(rule_id, *args, **kwargs)
        return evaluated.verdicts[0].status, evaluated.findings

    return run
