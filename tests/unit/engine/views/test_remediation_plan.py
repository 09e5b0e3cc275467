"""One remediation for each cause, in the order of work."""

import pytest
from msgspec.structs import replace

from auditor.engine.views.remediation_plan import Plan, plan, without_calls
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from auditor.rule.results import Affected, Remediation, RootCause
from auditor.rule.severity import Severity
from tests.support.builders import reports
from tests.support.builders.findings import finding, hours

RULES = {rule_id: loaded.rule for rule_id, loaded in load_rules([shipped("rules")]).items()}
ADA, BO = Affected(id="00u1", name="Ada"), Affected(id="00u2", name="Bo")
PUSH = Remediation(steps=("Push all users again.",))
SWITCH = Remediation(steps=("Turn on Deactivate Users.",), api="PUT /here", terraform="block {}")
FLAG = replace(finding("push-flag-off", "deactivate-users"), remediation=SWITCH)


def leaver(number, severity=Severity.HIGH):
    person = Affected(id=f"{number}", name=f"Person {number}")
    one = finding("user-not-removed", person.id, affected=(person,), severity=severity)
    steps = (f"Delete {person.name}.",)
    for_many = "Review these {n} accounts: {list}."
    return replace(one, remediation=Remediation(steps=steps, for_many=for_many))


def planned(*findings):
    """Return the plan of findings that nothing explains."""
    return plan([("", each) for each in findings], RULES)


def test_a_cause_with_139_leavers_has_one_remediation():
    leavers = [leaver(number) for number in range(139)]
    (cause,) = plan([(FLAG.id, each) for each in (*leavers, FLAG)], RULES)
    assert (cause.id, cause.rules) == (FLAG.id, ("push-flag-off", "user-not-removed"))
    assert cause.title == "Deactivate Users is off: leavers keep their accounts"
    assert cause.steps[0] == "Turn on Deactivate Users."
    assert cause.steps[1].startswith("Review these 139 accounts: Person ")
    assert (len(cause.steps), len(cause.findings), cause.affected) == (2, 140, 139)
    assert (cause.calls, cause.terraform) == (("PUT /here",), ("block {}",))


def test_admin_access_comes_first_and_then_the_most_severe_cause():
    causes = planned(
        finding("extra-attribute", "oty1", "title", severity=Severity.MEDIUM),
        finding("push-flag-off", severity=Severity.HIGH),
        finding("email-not-login", "oty1", severity=Severity.CRITICAL),
        finding("recovery-admin-at-risk", "2", "single", severity=Severity.LOW),
    )
    assert [(each.rules[0], each.keeps_admin_access) for each in causes] == [
        ("recovery-admin-at-risk", True),
        ("email-not-login", False),
        ("push-flag-off", False),
        ("extra-attribute", False),
    ]


def test_of_equal_severity_the_cause_that_affects_more_users_comes_first():
    causes = planned(
        finding("login-mismatch", "00u1", affected=(ADA,)),
        finding("user-not-provisioned", "00u3", affected=(ADA, BO)),
    )
    assert [each.affected for each in causes] == [2, 1]


def test_findings_that_nothing_explains_share_a_remediation_that_fixes_them_all():
    mild = replace(finding("login-mismatch", "00u1", affected=(ADA,)), remediation=PUSH)
    severe = replace(
        finding("login-mismatch", "00u2", affected=(BO,), severity=Severity.CRITICAL),
        remediation=PUSH,
    )
    other = finding("login-mismatch", "00u3")
    first, second = planned(mild, severe, other)
    assert (first.id, first.findings) == (severe.id, (severe.id, mild.id))
    assert (first.severity, first.steps) == (Severity.CRITICAL, PUSH.steps)
    assert second.findings == (other.id,)


def test_two_findings_of_the_leading_rule_keep_the_steps_of_both():
    one, two = (
        replace(finding("email-not-login", name), remediation=Remediation(steps=(f"Map {name}.",)))
        for name in ("oty1", "oty2")
    )
    (cause,) = plan([(one.id, one), (one.id, two)], RULES)
    assert sorted(cause.steps) == ["Map oty1.", "Map oty2."]


def test_a_finding_without_its_own_remediation_has_that_of_its_rule():
    (cause,) = planned(finding("scim-disabled", "instance"))
    assert cause.steps == (RULES["scim-disabled"].remediation,)


def test_a_finding_of_a_removed_rule_is_still_in_the_plan():
    (cause,) = planned(finding("no-longer-here", "x", affected=(ADA,)))
    assert (cause.title, cause.steps) == ("No longer here", ())


def test_without_open_findings_the_plan_is_empty():
    assert plan([], RULES) == ()


def test_a_cause_keeps_its_id_after_its_leading_finding_is_fixed():
    mismatch = finding("login-mismatch", "00u1", affected=(ADA,))
    members = (leaver(1, Severity.CRITICAL), leaver(2, Severity.CRITICAL), mismatch)
    (cause,) = plan([(FLAG.id, each) for each in members], RULES)
    assert (cause.id, cause.rules) == (FLAG.id, ("user-not-removed", "login-mismatch"))
    assert cause.title == "2 leavers keep Unleash accounts"
    assert cause.steps == ("Review these 2 accounts: Person 1, Person 2.",)


def test_a_cause_with_one_finding_about_admins_comes_first():
    mixed = [finding("push-flag-off"), finding("recovery-admin-at-risk", "2")]
    severe = finding("email-not-login", "oty1", severity=Severity.CRITICAL)
    causes = plan([*((FLAG.id, each) for each in mixed), ("", severe)], RULES)
    assert [(each.id, each.keeps_admin_access) for each in causes] == [
        (FLAG.id, True),
        (severe.id, False),
    ]


def test_a_remediation_has_the_link_to_the_console_and_each_call_once():
    console = "https://acme-admin.okta.com/admin/app/unleash"
    linked = replace(SWITCH, link=console)
    both = [replace(finding(subject=name), remediation=linked) for name in ("one", "two")]
    (cause,) = planned(*both)
    assert (cause.link, cause.calls, cause.terraform) == (console, ("PUT /here",), ("block {}",))
    (without,) = planned(finding("scim-disabled"))
    assert (without.link, without.calls, without.terraform) == (None, (), ())


ROOT = RootCause(rule="push-flag-off", subject="deactivate-users")
LEFT = replace(leaver(7), root_cause=ROOT)


@pytest.mark.parametrize(
    ("one", "deletions"),
    [
        (LEFT, ("DELETE /api/admin/user-admin/7",)),
        (leaver(7), ()),
        (replace(LEFT, rule="unmanaged-user"), ()),
        (reports.finding("user-not-removed", "7"), ()),
    ],
    ids=["leaver", "suspended user", "other rule", "stored finding"],
)
def test_only_the_account_of_a_leaver_that_was_just_read_has_a_call_that_deletes_it(one, deletions):
    (cause,) = planned(one)
    assert cause.deletions == deletions


def test_a_stored_plan_has_no_calls():
    calling = replace(LEFT, remediation=SWITCH)
    (cause,) = planned(calling)
    assert (cause.calls, cause.deletions) == (("PUT /here",), ("DELETE /api/admin/user-admin/7",))
    stored = without_calls(
        Plan(target="production", at=hours(0), causes=(cause,), pending=1, not_evaluated=("a",))
    )
    assert stored.causes == (replace(cause, calls=(), deletions=()),)
    assert (stored.pending, stored.not_evaluated) == (1, ("a",))
