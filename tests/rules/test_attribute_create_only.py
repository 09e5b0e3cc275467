import pytest
from msgspec.structs import replace

from auditor.domain import okta
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    CONTRACTOR_TYPE,
    USER_TYPE,
    clean_snapshot,
    mapping,
    missing,
)
from tests.support.builders.findings import reasons_of

RULE = "attribute-create-only"


def email(push_status):
    return mapping(email=okta.MappedAttribute(expression="user.login", push_status=push_status))


def test_the_rule_is_off_by_default():
    rules = load_rules([shipped("rules")])
    assert RULE in rules
    assert bind({RULE: rules[RULE]}, {}, where="test") == ()


@pytest.mark.parametrize("own", [email("PUSH"), mapping(without="email")])
def test_an_email_sent_on_create_and_update_passes(check, own):
    assert check(RULE, clean_snapshot(mappings=[own])) == (VerdictStatus.PASS, ())


def test_an_email_sent_on_create_only_fails(check):
    status, [finding] = check(RULE, clean_snapshot(mappings=[email("DONT_PUSH")]))
    assert (status, finding.subject) == (VerdictStatus.FAIL, USER_TYPE)
    assert finding.severity is Severity.LOW
    assert '"pushStatus": "PUSH"' in finding.remediation.api
    assert "DONT_PUSH" not in finding.remediation.terraform


def test_other_attributes_may_be_sent_on_create_only(check):
    title = okta.MappedAttribute(expression="user.displayName", push_status="DONT_PUSH")
    assert check(RULE, clean_snapshot(mappings=[mapping(displayName=title)])) == (
        VerdictStatus.PASS,
        (),
    )


@pytest.mark.parametrize(
    ("unreported", "why"),
    [(None, "Okta's answer has no push status for email"), ("NEVER_HEARD_OF", "NEVER_HEARD_OF")],
)
def test_an_unreported_push_status_is_unknown(ask, unreported, why):
    evaluated = ask(RULE, clean_snapshot(mappings=[email(unreported)]))
    assert evaluated.unknown_subjects == {(RULE, USER_TYPE)}
    assert reasons_of(evaluated.verdicts[0]).removesuffix(")").endswith(why)


def test_without_the_mappings_the_rule_is_unknown(check):
    assert check(RULE, clean_snapshot(mappings=missing())) == (VerdictStatus.UNKNOWN, ())


@pytest.mark.parametrize("other", [mapping(without="email"), email("DONT_PUSH")])
def test_each_user_type_is_checked(check, other):
    other = replace(other, id="prmContractor0000001", source_id=CONTRACTOR_TYPE)
    _, findings = check(RULE, clean_snapshot(mappings=[other, email("DONT_PUSH")]))
    assert USER_TYPE in {each.subject for each in findings}
