"""Builders for the simulation of a fix in a world that is clean but for one fact."""

from auditor.domain.context import RuleContext
from auditor.domain.remediation.fix import AttributeFix, MappingFix
from auditor.engine.simulation.plan_simulation import simulate_fix
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from tests.support.builders.contexts import USER_TYPE, clean_snapshot

RULES = bind(load_rules([shipped("rules")]), where="tests")


def mapped_to(
    expression: str | None, type_id: str | None = USER_TYPE, name: str = "email"
) -> MappingFix:
    """Return a fix that maps one attribute; without an expression, it maps it no longer."""
    return MappingFix(type_id=type_id, attributes=(AttributeFix(name=name, expression=expression),))


def effects_of_fix(fix, **changes):
    """Return the effects of a fix in a clean world, changed by collection."""
    (step,) = simulate_fix(RuleContext(clean_snapshot(**changes)), fix, RULES).steps
    return step
