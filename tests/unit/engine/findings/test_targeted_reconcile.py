"""A targeted audit changes only findings of rules that it evaluated, and only if they differ."""

from datetime import timedelta

from msgspec.structs import replace

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Finding
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.targeted_reconcile import TargetedReconciled, reconcile_targeted
from auditor.engine.findings.tracked_findings import FindingTransition, State, Transition
from auditor.rule.results import Evidence
from auditor.rule.severity import Severity
from tests.support.builders.findings import evaluated, finding, hours, remember, targeted_evaluation

MAPPED = Evidence(
    collection="okta.mappings", field="email", observed="user.email", expected="user.login"
)
EMAIL = replace(finding("email-not-login", "oty1", severity=Severity.HIGH), evidence=(MAPPED,))
LEAVER = finding("user-not-removed", "7")
RULES = ("email-not-login", "user-not-removed")


def full_audit(*findings: Finding) -> PreviousAudits:
    seen = evaluated(*findings, rules=RULES)
    return remember(
        reconcile((), seen, None, target="production", at=hours(0)), seen, PreviousAudits()
    )


def targeted(
    before: PreviousAudits,
    *findings: Finding,
    uncounted: frozenset[str] = frozenset(),
    resolve_after: int = 1,
) -> TargetedReconciled:
    """Audit again; only the rule about the mapping is evaluated."""
    evaluation = targeted_evaluation(
        *findings,
        rules=("email-not-login",),
        uncounted=uncounted,
        left={"user-not-removed": frozenset({"okta.assignments"})},
    )
    return reconcile_targeted(
        before.known,
        evaluation,
        {each.id: each.evidence for each in (EMAIL, LEAVER)},
        before.configurations or {},
        target="production",
        at=hours(1),
        grace=timedelta(),
        resolve_after=resolve_after,
        waivers=(),
    )


def of(found: TargetedReconciled, id_: str) -> tuple[Transition, State]:
    (entry,) = (each for each in found.reconciled.transitions if each.after.id == id_)
    return entry.transition, entry.after.state


def test_a_finding_of_a_rule_that_was_not_evaluated_stays():
    before = full_audit(EMAIL, LEAVER)
    found = targeted(before)
    assert of(found, LEAVER.id) == (Transition.NOT_EVALUATED, State.OPEN)
    assert of(found, EMAIL.id) == (Transition.RESOLVED, State.RESOLVED)
    assert found.changed == {EMAIL.id}


def test_a_finding_of_a_rule_that_does_not_run_any_more_is_not_removed():
    before = full_audit(EMAIL, finding("rule-of-yesterday", "x"))
    gone = finding("rule-of-yesterday", "x").id
    assert of(targeted(before, EMAIL), gone) == (Transition.NOT_EVALUATED, State.OPEN)


def test_one_missed_audit_of_several_changes_nothing():
    found = targeted(full_audit(EMAIL), resolve_after=2)
    assert of(found, EMAIL.id) == (Transition.NOT_EVALUATED, State.OPEN)
    (entry,) = found.reconciled.transitions
    assert entry.after.missed == 0
    assert found.changed == frozenset()


def test_the_same_evidence_and_severity_change_nothing():
    assert targeted(full_audit(EMAIL), EMAIL).changed == frozenset()


def test_other_evidence_changes_the_finding():
    other = replace(EMAIL, evidence=(replace(MAPPED, observed="user.nickName"),))
    assert targeted(full_audit(EMAIL), other).changed == {EMAIL.id}


def test_another_severity_changes_the_finding_if_the_audit_counted_its_users():
    worse = replace(EMAIL, severity=Severity.CRITICAL)
    before = full_audit(EMAIL)
    assert targeted(before, worse).changed == {EMAIL.id}
    uncounted = frozenset({"email-not-login"})
    assert targeted(before, worse, uncounted=uncounted).changed == frozenset()


def test_a_finding_that_was_resolved_before_is_opened_although_its_evidence_is_the_same():
    before = full_audit(EMAIL)
    resolved = tuple(
        replace(each, state=State.RESOLVED, resolved_at=hours(0)) for each in before.known
    )
    found = targeted(replace(before, known=resolved), EMAIL)
    assert of(found, EMAIL.id) == (Transition.REOPENED, State.OPEN)
    assert found.changed == {EMAIL.id}


def test_only_a_found_violation_waits_for_its_count_and_only_evaluated_rules_have_verdicts():
    other = replace(EMAIL, evidence=(replace(MAPPED, observed="user.nickName"),))
    uncounted = frozenset({"email-not-login"})
    before = full_audit(EMAIL, LEAVER)
    found = {
        "changed": targeted(before, other, uncounted=uncounted),
        "counted": targeted(before, other),
        "resolved": targeted(before, uncounted=uncounted),
    }
    assert {
        name: [each.after.is_counting for each in of_email(audit)] for name, audit in found.items()
    } == {"changed": [True], "counted": [False], "resolved": [False]}
    assert {each.rule for each in found["changed"].verdicts} == {"email-not-login"}


def of_email(found: TargetedReconciled) -> list[FindingTransition]:
    return [each for each in found.reconciled.transitions if each.after.id == EMAIL.id]
