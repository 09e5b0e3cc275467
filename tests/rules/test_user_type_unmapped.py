import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    CONTRACTOR_TYPE,
    USER_TYPE,
    assignment,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
    user_type,
)
from tests.support.builders.findings import reasons_of

RULE = "user-type-unmapped"
TYPES = [user_type(), user_type(id=CONTRACTOR_TYPE, name="contractor", display_name=None)]
CONTRACTOR = assignment_of("Cy", user_type_id=CONTRACTOR_TYPE)


def test_mapped_user_types_and_types_without_users_pass(check):
    both = clean_snapshot(
        mappings=[mapping(), mapping(source_id=CONTRACTOR_TYPE)],
        assignments=[assignment(), CONTRACTOR],
    )
    assert check(RULE, both) == (VerdictStatus.PASS, ())
    assert check(RULE, clean_snapshot(user_types=TYPES)) == (VerdictStatus.PASS, ())


def test_a_user_type_with_users_and_without_a_mapping_fails(check):
    snapshot = clean_snapshot(user_types=TYPES, assignments=[assignment(), CONTRACTOR])
    status, [finding] = check(RULE, snapshot)
    assert (status, finding.subject) == (VerdictStatus.FAIL, CONTRACTOR_TYPE)
    assert finding.severity is Severity.MEDIUM
    assert 'User type "contractor" has 1 assigned user' in finding.message
    assert [each.name for each in finding.affected] == ["Cy Berg"]
    assert f'source_id          = "{CONTRACTOR_TYPE}"' in finding.remediation.terraform
    assert finding.remediation.terraform.count("mappings {") == 5


@pytest.mark.parametrize("past", [{"status": "DEPROVISIONED"}, {"user_status": "SUSPENDED"}])
def test_former_users_do_not_count(check, past):
    gone = assignment_of("Cy", user_type_id=CONTRACTOR_TYPE, **past)
    assert check(RULE, clean_snapshot(assignments=[assignment(), gone])) == (VerdictStatus.PASS, ())


def test_without_any_mapping_each_user_type_is_a_finding(check):
    _, findings = check(RULE, clean_snapshot(mappings=[], assignments=[assignment(), CONTRACTOR]))
    assert {each.subject for each in findings} == {USER_TYPE, CONTRACTOR_TYPE}


def test_users_with_an_unreported_type_are_unknown(ask):
    without_type = assignment_of("Cy", user_type_id=None)
    evaluated = ask(RULE, clean_snapshot(assignments=[assignment(), without_type]))
    assert evaluated.unknown_rules == {RULE}
    assert "1 assigned user: the user type is missing" in reasons_of(evaluated.verdicts[0])


def test_missing_user_types_remove_only_their_names(check):
    snapshot = clean_snapshot(user_types=missing(), assignments=[CONTRACTOR])
    status, [finding] = check(RULE, snapshot)
    assert status is VerdictStatus.FAIL
    assert CONTRACTOR_TYPE in finding.message


@pytest.mark.parametrize("gap", ["mappings", "assignments"])
def test_without_mappings_or_assignments_the_rule_is_unknown(check, gap):
    assert check(RULE, clean_snapshot(**{gap: missing()})) == (VerdictStatus.UNKNOWN, ())
