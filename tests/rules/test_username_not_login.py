import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    APP_ID,
    CONTRACTOR_TYPE,
    USER_TYPE,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
)

RULE = "username-not-login"
PREFIX = '${fn:substringBefore(source.login, "@")}'


@pytest.mark.parametrize(
    "template",
    ["${source.login}", "user.login", "source.login", " ${ source.login } ", "(user.login)"],
)
def test_every_spelling_of_the_login_passes(check, template):
    assert check(RULE, clean_snapshot(app=app(username_template=template))) == (
        VerdictStatus.PASS,
        (),
    )


@pytest.mark.parametrize("template", ["${source.email}", PREFIX, "user.firstName", ""])
@pytest.mark.parametrize(
    ("mode", "severity"), [("SAML_2_0", Severity.HIGH), ("AUTO_LOGIN", Severity.MEDIUM)]
)
def test_another_value_is_a_finding_of_the_app(check, template, mode, severity):
    changed = app(username_template=template, sign_on_mode=mode)
    status, [finding] = check(RULE, clean_snapshot(app=changed))
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert finding.severity is severity
    assert f"from {template or 'nothing'}, not" in finding.message
    assert template in finding.evidence[0].observed


def test_affected_users_are_listed(check):
    people = [assignment(username="ada"), assignment_of("Bo", username="BO@example.com")]
    _, [finding] = check(
        RULE, clean_snapshot(app=app(username_template=PREFIX), assignments=people)
    )
    assert [each.detail for each in finding.affected] == [
        "the username is ada; the login is ada@example.com"
    ]


def test_missing_users_make_nothing_unknown(check):
    snapshot = clean_snapshot(app=app(username_template=PREFIX), assignments=missing())
    status, [finding] = check(RULE, snapshot)
    assert (status, finding.affected_count) == (VerdictStatus.FAIL, 0)


def test_a_mapped_username_overrides_the_template(check):
    snapshot = clean_snapshot(
        app=app(username_template=PREFIX), mappings=[mapping(userName="user.login")]
    )
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())
    snapshot = clean_snapshot(mappings=[mapping(userName="user.email")])
    status, [finding] = check(RULE, snapshot)
    assert (status, finding.subject) == (VerdictStatus.FAIL, USER_TYPE)
    assert finding.severity is Severity.HIGH
    assert finding.evidence[0].expression == "user.email"
    assert '"userName": {"expression": "user.login"' in finding.remediation.api


def test_the_template_applies_to_user_types_without_a_mapped_username(check):
    mappings = [mapping(), mapping(source_id=CONTRACTOR_TYPE, userName="user.email")]
    people = [
        assignment(username="ada"),
        assignment_of("Cy", user_type_id=CONTRACTOR_TYPE, username="cy"),
    ]
    snapshot = clean_snapshot(
        app=app(username_template=PREFIX), mappings=mappings, assignments=people
    )
    _, findings = check(RULE, snapshot)
    assert {each.subject: each.affected[0].name for each in findings} == {
        APP_ID: "Ada Lind",
        CONTRACTOR_TYPE: "Cy Berg",
    }


def test_allowed_templates_may_be_used(check):
    changed = clean_snapshot(app=app(username_template="${source.email}"))
    assert check(RULE, changed, allowed=["user.email"]) == (VerdictStatus.PASS, ())
    assert check(RULE, changed, allowed=["user.login", "user.email"]) == (VerdictStatus.PASS, ())
    assert check(RULE, clean_snapshot(app=app(username_template=PREFIX)), allowed=[PREFIX])[1] == ()
    assert check(RULE, clean_snapshot(), allowed=["user.email"])[0] is VerdictStatus.FAIL


def test_an_unreported_template_is_unknown(ask):
    unreported = app(username_template=None)
    assert ask(RULE, clean_snapshot(app=unreported)).unknown_subjects == {(RULE, APP_ID)}
    all_mapped = clean_snapshot(app=unreported, mappings=[mapping(userName="user.login")])
    assert ask(RULE, all_mapped).verdicts[0].status is VerdictStatus.PASS
    assert ask(RULE, clean_snapshot(app=unreported, mappings=[])).unknown_subjects == {
        (RULE, APP_ID)
    }


@pytest.mark.parametrize("gap", ["app", "mappings"])
def test_without_the_app_or_the_mappings_the_rule_is_unknown(check, gap):
    assert check(RULE, clean_snapshot(**{gap: missing()})) == (VerdictStatus.UNKNOWN, ())
