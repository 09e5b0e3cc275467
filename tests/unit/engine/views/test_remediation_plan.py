"""The order of the remediation steps, and which findings share a step."""

from msgspec.structs import replace

from auditor.engine.views.remediation_plan import Stage, plan
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from auditor.rule.results import Affected, Remediation
from auditor.rule.severity import Severity
from tests.support.builders.findings import finding

RULES = {rule_id: loaded.rule for rule_id, loaded in load_rules([shipped("rules")]).items()}
ADA = (Affected(id="00u1", name="Ada"),)
PUSH = Remediation(steps=("Push all users again.",))


def order(*findings):
    return [(step.stage, step.findings[0].rule) for step in plan(findings, RULES)]


def test_admin_access_comes_first_and_users_come_before_the_rest():
    assert order(
        finding("extra-attribute", "oty1", "title", severity=Severity.CRITICAL),
        finding("user-not-removed", "7", affected=ADA, severity=Severity.MEDIUM),
        finding("push-flag-off", severity=Severity.HIGH),
        finding("email-not-login", "oty1", severity=Severity.HIGH),
        finding("recovery-admin-at-risk", "2", "single", severity=Severity.LOW),
    ) == [
        (Stage.ADMIN, "recovery-admin-at-risk"),
        (Stage.SIGN_ON, "email-not-login"),
        (Stage.PROVISIONING, "push-flag-off"),
        (Stage.PEOPLE, "user-not-removed"),
        (Stage.REST, "extra-attribute"),
    ]


def test_a_stage_is_sorted_by_severity_and_then_by_affected_users():
    people = (*ADA, Affected(id="00u2", name="Bo"))
    steps = plan(
        [
            finding("login-mismatch", "00u1", affected=ADA),
            finding("user-not-provisioned", "00u3", affected=people),
            finding("user-not-removed", "9", affected=ADA, severity=Severity.CRITICAL),
        ],
        RULES,
    )
    assert [step.findings[0].affected_count for step in steps] == [1, 2, 1]
    assert steps[0].severity is Severity.CRITICAL


def test_a_low_finding_of_the_connection_does_not_come_before_users():
    assert order(
        finding("connector-auth-not-header", "0oa1", severity=Severity.MEDIUM),
        finding("login-mismatch", "00u1", affected=ADA),
    ) == [(Stage.PEOPLE, "login-mismatch"), (Stage.REST, "connector-auth-not-header")]


def test_findings_that_one_step_fixes_are_one_step():
    mild = replace(finding("login-mismatch", "00u1", affected=ADA), remediation=PUSH)
    severe = replace(
        finding("login-mismatch", "00u2", affected=ADA, severity=Severity.CRITICAL),
        remediation=PUSH,
    )
    (step,) = plan([mild, severe], RULES)
    assert [each.id for each in step.findings] == [severe.id, mild.id]
    assert (step.severity, step.remediation) == (Severity.CRITICAL, PUSH)


def test_a_finding_without_its_own_remediation_has_that_of_its_rule():
    (step,) = plan([finding("scim-disabled", "instance")], RULES)
    assert step.remediation.steps == (RULES["scim-disabled"].remediation,)


def test_a_finding_of_a_removed_rule_is_still_in_the_plan():
    (step,) = plan([finding("no-longer-here", "x", affected=ADA)], RULES)
    assert (step.stage, step.remediation.steps) == (Stage.PEOPLE, ())


def test_without_open_findings_the_plan_is_empty():
    assert plan([], RULES) == ()
