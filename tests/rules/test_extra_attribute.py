import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    CONTRACTOR_TYPE,
    USER_TYPE,
    clean_snapshot,
    mapping,
    missing,
    schema,
    schema_attribute,
)
from tests.support.builders.findings import reasons_of

RULE = "extra-attribute"
CUSTOM_TITLE = schema_attribute("title", custom=True)
BASE_TITLE = schema_attribute("title")


def test_the_six_required_attributes_pass(check):
    six = mapping(userName="user.login")
    assert check(RULE, clean_snapshot(mappings=[six])) == (VerdictStatus.PASS, ())


def test_each_extra_attribute_of_each_user_type_is_a_finding(check):
    snapshot = clean_snapshot(
        mappings=[
            mapping(title="user.title", locale="user.locale"),
            mapping(source_id=CONTRACTOR_TYPE, title="user.title"),
        ],
        app_schema=schema(BASE_TITLE, schema_attribute("locale")),
    )
    status, findings = check(RULE, snapshot)
    assert status is VerdictStatus.FAIL
    assert [(each.subject, each.attribute) for each in findings] == [
        (CONTRACTOR_TYPE, "title"),
        (USER_TYPE, "locale"),
        (USER_TYPE, "title"),
    ]
    assert {each.severity for each in findings} == {Severity.MEDIUM}
    assert [each.evidence[0].expression for each in findings] == [
        "user.title",
        "user.locale",
        "user.title",
    ]


def test_the_remediation_unmaps_and_states_the_limits_of_unmapping(check):
    mappings = [mapping(title="user.title")]
    _, [custom, _] = check(RULE, clean_snapshot(mappings=mappings, app_schema=schema(CUSTOM_TITLE)))
    _, [base] = check(RULE, clean_snapshot(mappings=mappings, app_schema=schema(BASE_TITLE)))
    assert "Profile Editor" in custom.remediation.steps[1]
    assert "cannot be deleted" in base.remediation.steps[1]
    assert custom.remediation.api.endswith(
        '{"properties": {"title": {"expression": null, "pushStatus": null}}}'
    )
    assert 'id          = "title"' not in custom.remediation.terraform


def test_the_terraform_block_keeps_allowed_attributes(check):
    mappings = [mapping(title="user.title", locale="user.locale")]
    _, [finding] = check(RULE, clean_snapshot(mappings=mappings), allowed=["locale"])
    assert 'not allowed: "title".' in finding.remediation.terraform
    assert 'id          = "locale"' in finding.remediation.terraform


def test_removable_attributes_of_the_profile_are_one_low_finding(check):
    extra = schema(CUSTOM_TITLE, schema_attribute("badge", custom=True), schema_attribute("base"))
    status, [finding] = check(RULE, clean_snapshot(app_schema=extra))
    assert status is VerdictStatus.FAIL
    assert (finding.subject, finding.attribute) == ("schema", "")
    assert finding.severity is Severity.LOW
    assert [each.observed for each in finding.evidence] == ["badge", "title"]


def test_unmapped_base_attributes_are_a_note(ask):
    verdict = ask(RULE, clean_snapshot(app_schema=schema(BASE_TITLE))).verdicts[0]
    assert verdict.status is VerdictStatus.PASS
    assert reasons_of(verdict) == (
        "the app profile has base attributes beyond the six that cannot be removed: title"
    )


def test_allowed_attributes_may_be_sent(check):
    snapshot = clean_snapshot(
        mappings=[mapping(title="user.title")], app_schema=schema(CUSTOM_TITLE)
    )
    assert check(RULE, snapshot, allowed=["title"]) == (VerdictStatus.PASS, ())


def test_a_vendors_name_of_a_required_attribute_is_not_extra(check):
    alias = schema_attribute(
        "primaryEmailType", custom=True, external_name="emails.^[primary==true].type"
    )
    own = mapping(emailType=None, primaryEmailType="'work'")
    snapshot = clean_snapshot(mappings=[own], app_schema=schema(alias, without="emailType"))
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_a_second_attribute_with_the_same_meaning_is_extra(check):
    twin = schema_attribute("mail", custom=True, external_name="emails.^[primary==true].value")
    snapshot = clean_snapshot(mappings=[mapping(mail="user.email")], app_schema=schema(twin))
    _, findings = check(RULE, snapshot)
    assert [(each.subject, each.attribute) for each in findings] == [
        (USER_TYPE, "mail"),
        ("schema", ""),
    ]


def test_a_missing_profile_leaves_only_the_profile_unknown(ask):
    snapshot = clean_snapshot(mappings=[mapping(title="user.title")], app_schema=missing())
    evaluated = ask(RULE, snapshot)
    assert [each.attribute for each in evaluated.findings] == ["title"]
    assert evaluated.unknown_subjects == {(RULE, "schema")}
    assert evaluated.unknown_rules == frozenset()


def test_an_extra_attribute_that_may_be_required_is_unknown(ask):
    renamed = mapping(emailType=None, primaryEmailType="'work'")
    evaluated = ask(RULE, clean_snapshot(mappings=[renamed], app_schema=missing()))
    assert evaluated.findings == ()
    assert evaluated.unknown_subjects == {(RULE, USER_TYPE), (RULE, "schema")}


@pytest.mark.parametrize("attributes", [schema(), schema(CUSTOM_TITLE)])
def test_missing_mappings_are_unknown_with_any_profile(ask, attributes):
    evaluated = ask(RULE, clean_snapshot(mappings=missing(), app_schema=attributes))
    assert evaluated.unknown_rules == {RULE}
    assert len(evaluated.findings) == len(attributes) - 6


def test_the_reason_of_a_profile_that_could_not_be_read_is_stated(ask):
    evaluated = ask(RULE, clean_snapshot(app_schema=missing()))
    assert evaluated.unknown_subjects == {(RULE, "schema")}
    assert "forbidden" in reasons_of(evaluated.verdicts[0])


def test_a_mapping_that_okta_does_not_send_is_called_so(check):
    title = schema_attribute("title", external_namespace="")
    mapped = clean_snapshot(mappings=[mapping(title="user.title")], app_schema=schema(title))
    _, [finding] = check(RULE, mapped)
    assert "does not send it: the attribute has no external namespace" in finding.message
    title = schema_attribute("title", external_namespace="urn:x")
    mapped = clean_snapshot(mappings=[mapping(title="user.title")], app_schema=schema(title))
    _, [finding] = check(RULE, mapped)
    assert "Okta sends title" in finding.message


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["badge"], "1 custom attribute beyond the six: badge. Okta can send it with"),
        (["badge", "desk"], "2 custom attributes beyond the six: badge, desk. Okta can send them"),
    ],
)
def test_custom_attributes_are_counted(check, names, text):
    custom = schema(*(schema_attribute(name, custom=True) for name in names))
    _, [finding] = check(RULE, clean_snapshot(app_schema=custom))
    assert text in finding.message
