"""The order in which things are put back, and what is put back in one go."""

from msgspec.structs import replace

from auditor.engine.views.remediation_plan import Stage, plan
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from auditor.rule.results import Affected, Remediation
from auditor.rule.severity import Severity
from tests.support.builders.findings import finding

RULES = {rule_id: loaded.rule for rule_id, loaded in load_rules([shipped("rules")]).items()}
ADA = (Affected(id="00u1", name="Ada"),)
PUSH = Remediation(steps=("Push everybody again.",))


def order(*findings):
    return [(step.stage, step.findings[0].rule) for step in plan(findings, RULES)]


def test_an_admin_gets_in_first_and_people_come_before_the_rest():
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


def test_within_a_stage_the_worst_comes_first_and_then_what_hurts_most():
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


def test_a_trifle_of_the_connection_does_not_come_before_people():
    assert order(
        finding("connector-auth-not-header", "0oa1", severity=Severity.MEDIUM),
        finding("login-mismatch", "00u1", affected=ADA),
    ) == [(Stage.PEOPLE, "login-mismatch"), (Stage.REST, "connector-auth-not-header")]


def test_what_one_step_mends_is_one_step():
    mild = replace(finding("login-mismatch", "00u1", affected=ADA), remediation=PUSH)
    severe = replace(
        finding("login-mismatch", "00u2", affected=ADA, severity=Severity.CRITICAL),
        remediation=PUSH,
    )
    (step,) = plan([mild, severe], RULES)
    assert [each.id for each in step.findings] == [severe.id, mild.id]
    assert (step.severity, step.remediation) == (Severity.CRITICAL, PUSH)


def test_without_a_remedy_of_its_own_the_rule_says_how():
    (step,) = plan([finding("scim-disabled", "instance")], RULES)
    assert step.remediation.steps == (RULES["scim-disabled"].remediation,)


def test_a_finding_of_a_rule_that_is_gone_is_still_in_the_plan():
    (step,) = plan([finding("no-longer-here", "x", affected=ADA)], RULES)
    assert (step.stage, step.remediation.steps) == (Stage.PEOPLE, ())


def test_nothing_open_is_nothing_to_do():
    assert plan([], RULES) == ()
