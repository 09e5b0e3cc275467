"""The effects of the fixes of an audit: which causes have them, and when they are left out."""

from dataclasses import replace as replace_field

import pytest
from msgspec.structs import replace

from auditor.domain.context import RuleContext
from auditor.domain.remediation.fix import AttributeFix, MappingFix
from auditor.engine.evaluation.verdicts import Finding
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.views.plan_effects import (
    MAX_SIMULATED_USERS,
    planned_causes,
    simulated_effects,
)
from auditor.resources import shipped
from auditor.rule.binding import BoundRule, bind
from auditor.rule.loader import load_rules
from auditor.rule.results import Remediation
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    USER_TYPE,
    assignment,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
)
from tests.support.builders.findings import evaluated, finding, hours

RULES = bind(load_rules([shipped("rules")]), where="tests")
EMAIL_RULE = tuple(each for each in RULES if each.id == "email-not-login")
LOGIN = MappingFix(
    type_id=USER_TYPE, attributes=(AttributeFix(name="email", expression="user.login"),)
)
WRONG = replace(
    finding("email-not-login", USER_TYPE),
    remediation=Remediation(steps=("Map Email to the login.",), fix=LOGIN),
)
OFF = finding("scim-disabled", "instance", severity=Severity.CRITICAL)
"""The first cause of the plan; a person switches SCIM on."""


def reconciled_of(*findings: Finding, cause: str = "") -> Reconciled:
    """Return the audit that found these; with ``cause``, all have it."""
    found = reconcile((), evaluated(*findings), None, target="production", at=hours(0))
    transitions = (
        replace(each, after=replace(each.after, cause=cause or each.after.id))
        for each in found.transitions
    )
    return replace(found, transitions=tuple(transitions))


def effects_of(
    reconciled: Reconciled,
    rules: tuple[BoundRule, ...] = EMAIL_RULE,
    assigned: object = (assignment(okta_email="ada@mail.example"),),
):
    snapshot = clean_snapshot(mappings=[mapping(email="user.email")], assignments=assigned)
    return simulated_effects(RuleContext(snapshot), reconciled, rules)


def test_the_plan_has_the_open_findings_of_this_audit_and_the_remediation_of_their_rules():
    before = reconciled_of(WRONG, OFF)
    seen = evaluated(OFF, rules=("email-not-login",), unknown_rules=("email-not-login",))
    known = [each.after for each in before.transitions]
    later = reconcile(known, seen, seen.configurations, target="production", at=hours(1))
    assert {each.after.id for each in later.open} == {WRONG.id, OFF.id}
    (cause,) = planned_causes(later, RULES)
    (rule,) = (each.rule for each in RULES if each.id == OFF.rule)
    assert (cause.id, cause.findings, cause.steps) == (OFF.id, (OFF.id,), (rule.remediation,))


def test_the_effects_of_a_fix_have_the_id_of_its_cause():
    (effects,) = effects_of(reconciled_of(OFF, WRONG))
    assert effects.cause == WRONG.id
    (fix,) = effects.fixes
    assert [each.rule for each in fix.closes] == ["email-not-login"]
    assert fix.lines[0].startswith("Okta pushes 1 user,")


def test_a_cause_with_a_fix_for_a_part_of_its_findings_has_the_effects_of_both_parts():
    (effects,) = effects_of(reconciled_of(OFF, WRONG, cause=WRONG.id))
    assert effects.cause == WRONG.id
    assert [bool(each.not_simulated) for each in effects.fixes] == [True, False]


def test_a_finding_that_was_not_evaluated_has_no_effects():
    known = [each.after for each in reconciled_of(WRONG).transitions]
    seen = evaluated(rules=("email-not-login",), unknown_rules=("email-not-login",))
    later = reconcile(known, seen, seen.configurations, target="production", at=hours(1))
    assert [(each.after.id, each.finding) for each in later.open] == [(WRONG.id, None)]
    assert effects_of(later) == ()


@pytest.mark.parametrize("findings", [(), (OFF,)], ids=["clean", "only manual steps"])
def test_without_a_fix_nothing_is_simulated(findings):
    assert effects_of(reconciled_of(*findings)) == ()


def test_an_audit_leaves_out_custom_rules():
    custom = tuple(replace_field(each, is_custom=True) for each in EMAIL_RULE)
    (effects,) = effects_of(reconciled_of(WRONG), custom)
    assert [each.closes for each in effects.fixes] == [()]


@pytest.mark.parametrize("more", [0, 1])
def test_an_audit_does_not_simulate_the_fixes_of_very_many_users(more):
    count = MAX_SIMULATED_USERS + more
    assigned = tuple(assignment_of(f"P{number}") for number in range(count))
    (effects,) = effects_of(reconciled_of(OFF, WRONG), assigned=assigned)
    reasons = [each.not_simulated for each in effects.fixes]
    too_many = "more than 10,000 users are assigned; `auditor plan --simulate` computes it"
    assert (effects.cause, reasons) == (WRONG.id, [too_many if more else ""])


def test_missing_assignments_do_not_end_the_simulation():
    (effects,) = effects_of(reconciled_of(WRONG), assigned=missing())
    assert effects.cause == WRONG.id
