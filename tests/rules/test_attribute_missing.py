import pytest

from auditor.domain.provisioning.guide_attributes import SIX_ATTRIBUTES
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    USER_TYPE,
    app,
    clean_snapshot,
    mapping,
    missing,
    schema,
    schema_attribute,
)
from tests.support.builders.findings import reasons_of

RULE = "attribute-missing"
BY_MAPPING = [name for name in SIX_ATTRIBUTES if name != "userName"]


def test_the_six_required_attributes_pass(check):
    assert check(RULE) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("name", BY_MAPPING)
def test_an_unmapped_attribute_is_a_finding_of_its_user_type(check, name):
    status, [finding] = check(RULE, clean_snapshot(mappings=[mapping(without=name)]))
    assert status is VerdictStatus.FAIL
    assert (finding.subject, finding.attribute) == (USER_TYPE, name)
    assert finding.severity is Severity.HIGH
    assert SIX_ATTRIBUTES[name] in finding.message
    assert f'"{name}"' in finding.remediation.api
    assert finding.remediation.terraform.count("mappings {") == 5


@pytest.mark.parametrize("name", SIX_ATTRIBUTES)
def test_an_attribute_that_the_profile_lacks_is_a_finding_of_the_schema(check, name):
    _, [finding] = check(RULE, clean_snapshot(app_schema=schema(without=name)))
    assert (finding.subject, finding.attribute) == ("schema", name)
    assert finding.remediation.link.endswith("/admin/universaldirectory#app/0oaUnleash0000000001")


@pytest.mark.parametrize(
    ("template", "mapped"), [("${source.login}", None), ("", "user.login"), (None, "user.login")]
)
def test_the_username_may_come_from_the_template_or_a_mapping(check, template, mapped):
    snapshot = clean_snapshot(
        app=app(username_template=template), mappings=[mapping(userName=mapped)]
    )
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_a_username_without_template_and_mapping_fails(check):
    _, [finding] = check(RULE, clean_snapshot(app=app(username_template="")))
    assert (finding.subject, finding.attribute) == (USER_TYPE, "userName")


@pytest.mark.parametrize(
    ("changed", "why"),
    [(missing(), "forbidden"), (app(username_template=None), "contains no username template")],
)
def test_without_the_template_only_the_username_is_unknown(ask, changed, why):
    evaluated = ask(RULE, clean_snapshot(app=changed, mappings=[mapping(email=None)]))
    assert evaluated.unknown_subjects == {(RULE, USER_TYPE)}
    assert [each.attribute for each in evaluated.findings] == ["email"]
    assert why in reasons_of(evaluated.verdicts[0])


def test_a_vendors_name_of_a_required_attribute_counts(check):
    alias = schema_attribute("primaryEmailType", external_name="emails.^[primary==true].type")
    snapshot = clean_snapshot(
        mappings=[mapping(emailType=None, primaryEmailType="'work'")],
        app_schema=schema(alias, without="emailType"),
    )
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_a_missing_profile_leaves_only_the_profile_unknown(ask):
    evaluated = ask(RULE, clean_snapshot(mappings=[mapping(givenName=None)], app_schema=missing()))
    assert [each.attribute for each in evaluated.findings] == ["givenName"]
    assert evaluated.unknown_subjects == {(RULE, "schema")}


def test_an_attribute_that_may_exist_under_another_name_is_unknown(ask):
    renamed = mapping(emailType=None, primaryEmailType="'work'")
    evaluated = ask(RULE, clean_snapshot(mappings=[renamed], app_schema=missing()))
    assert evaluated.findings == ()
    assert evaluated.unknown_subjects == {(RULE, USER_TYPE), (RULE, "schema")}


def test_missing_mappings_are_unknown_and_the_profile_is_still_evaluated(ask):
    evaluated = ask(RULE, clean_snapshot(mappings=missing(), app_schema=schema(without="email")))
    assert evaluated.unknown_rules == {RULE}
    assert [each.subject for each in evaluated.findings] == ["schema"]


@pytest.mark.parametrize("expression", ["''", '""', "null", " "])
def test_an_expression_without_a_value_maps_nothing(check, expression):
    _, (finding,) = check(RULE, clean_snapshot(mappings=[mapping(displayName=expression)]))
    assert finding.attribute == "displayName"


def test_the_reason_of_a_profile_that_could_not_be_read_is_stated(ask):
    evaluated = ask(RULE, clean_snapshot(app_schema=missing()))
    assert evaluated.unknown_subjects == {(RULE, "schema")}
    assert "forbidden" in reasons_of(evaluated.verdicts[0])
