"""Audits one after the other, each reconciled with what is known before."""

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled
from tests.support.builders.findings import evaluated, hours, remember


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
