"""The plan of the open findings, simulated cause by cause. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from auditor.domain.collections import ASSIGNMENTS
from auditor.domain.context import RuleContext
from auditor.engine.evaluation.verdicts import Finding
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.simulation.fix_effects import CauseEffects, FixEffects, effects_in_words
from auditor.engine.simulation.plan_simulation import PlanSimulation, simulate_plan
from auditor.engine.views.remediation_plan import PlannedCause, plan
from auditor.rule.binding import BoundRule
from auditor.rule.definition import Rule

MAX_SIMULATED_USERS = 10_000
"""The most assigned users of a target whose fixes an audit simulates."""


_TOO_MANY = FixEffects(
    not_simulated=f"more than {MAX_SIMULATED_USERS:,} users are assigned; "
    "`auditor plan --simulate` computes it"
)


def planned_causes(reconciled: Reconciled, rules: Iterable[BoundRule]) -> tuple[PlannedCause, ...]:
    """Return the plan for the findings that are open after an evaluation."""
    found = ((each.after.cause, each.finding) for each in reconciled.open if each.finding)
    by_id: Mapping[str, Rule[Any]] = {bound.id: bound.rule for bound in rules}
    return plan(found, by_id)


def simulated_effects(
    context: RuleContext, reconciled: Reconciled, rules: Sequence[BoundRule]
) -> tuple[CauseEffects, ...]:
    """Simulate the plan of an audit; empty if nothing is open that has a fix as data.

    An audit must end in time: it leaves out custom rules, which start a process for each
    evaluation, and does not simulate more than :data:`MAX_SIMULATED_USERS`.
    """
    if not any(_has_fix(each.finding) for each in reconciled.open):
        return ()
    causes = planned_causes(reconciled, rules)
    fixable = [each for each in causes if any(each.fixes)]
    assignments = context.get(ASSIGNMENTS) or ()
    if len(assignments) > MAX_SIMULATED_USERS:
        return tuple(CauseEffects(cause=each.id, fixes=(_TOO_MANY,)) for each in fixable)
    built_in = [each for each in rules if not each.is_custom]
    simulation = simulate_plan(context, [each.fixes for each in causes], built_in)
    wanted = {each.id for each in fixable}
    return tuple(each for each in effects_by_cause(simulation, causes) if each.cause in wanted)


def _has_fix(finding: Finding | None) -> bool:
    return bool(finding and finding.remediation and finding.remediation.fix)


def effects_by_cause(
    simulation: PlanSimulation, causes: Sequence[PlannedCause]
) -> Iterator[CauseEffects]:
    """Yield the effects of the fixes of each cause, in the order of the plan."""
    for number, steps in groupby(simulation.steps, key=lambda step: step.number):
        fixes = tuple(map(effects_in_words, steps))
        yield CauseEffects(cause=causes[number - 1].id, fixes=fixes)
