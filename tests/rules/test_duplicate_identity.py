"""The rule duplicate-identity: users with two accounts."""

import pytest
from msgspec import UNSET

from auditor.domain.collections import USERS
from auditor.domain.unleash import Access
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    ADMIN_ROLE,
    USER_TYPE,
    assignment,
    assignment_of,
    clean_snapshot,
    missing,
    recovery,
    user,
    user_of,
    users,
)
from tests.support.builders.findings import reasons_of

RULE = "duplicate-identity"
SECOND = user_of("Cy", 13, scim_id=None)

BREACHES = {
    "one account with the email, one with the login": assignment(login="cy@example.com"),
    "one account with the login, one with the email": assignment(
        external_id=None, login="cy@example.com", username=None
    ),
    "one account with the email in Okta": assignment(okta_email="CY@example.com"),
    "one account with the username": assignment(username="Cy@example.com"),
}


@pytest.mark.parametrize("okta", BREACHES.values(), ids=BREACHES)
def test_a_second_account_fails(check, okta):
    snapshot = clean_snapshot(users=users(user(), SECOND, recovery()), assignments=[okta])
    status, (finding,) = check(RULE, snapshot)
    assert (status, finding.subject, finding.severity) == (VerdictStatus.FAIL, ADA, Severity.MEDIUM)
    assert (
        "user 11 (ada@example.com, SCIM-managed), user 13 (cy@example.com)"
        in finding.evidence[0].observed
    )
    assert finding.remediation
    assert finding.remediation.api is None
    assert finding.remediation.steps[0].startswith("Fix the cause first")


def test_the_root_cause_is_the_email_mapping_if_the_account_has_another_email(check):
    accounts = users(user(), SECOND, recovery())
    roots = []
    for okta in (assignment(login="cy@example.com"), assignment(okta_email="cy@example.com")):
        _, (finding,) = check(RULE, clean_snapshot(users=accounts, assignments=[okta]))
        roots.append(finding.root_cause)
    assert roots == [
        RootCause(rule="email-not-login", subject=USER_TYPE, lists_users=False),
        None,
    ]


ACCEPTED = {
    "a clean target": {},
    "the other account belongs to another user": {
        "users": users(user(), user_of("Cy", 13)),
        "assignments": [assignment(login="cy@example.com"), assignment_of("Cy")],
    },
    "the other account may belong to either user": {
        "users": users(user(), user_of("Bo", 12), SECOND),
        "assignments": [
            assignment(okta_email="cy@example.com"),
            assignment_of("Bo", okta_email="cy@example.com"),
        ],
    },
    "only one account, with another email": {
        "users": users(SECOND),
        "assignments": [assignment(okta_email="cy@example.com")],
    },
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_a_single_account_passes(check, changes):
    assert check(RULE, clean_snapshot(**changes)) == (VerdictStatus.PASS, ())


def test_each_account_is_named_by_its_available_names(check):
    accounts = users(user(email=None), user_of("Cy", 13, email=None, scim_id=None))
    _, (finding,) = check(
        RULE, clean_snapshot(users=accounts, assignments=[assignment(username="cy@example.com")])
    )
    assert (
        finding.evidence[0].observed
        == "user 11 (ada@example.com, SCIM-managed), user 13 (cy@example.com)"
    )
    bare = users(user(email=None, username=None), SECOND)
    _, (finding,) = check(
        RULE, clean_snapshot(users=bare, assignments=[assignment(login="cy@example.com")])
    )
    assert "user 11 (no email, SCIM-managed)" in finding.evidence[0].observed


UNKNOWN = {
    "okta.assignments: forbidden": {"assignments": missing()},
    "unleash.users: forbidden": {"users": missing(), "access": missing()},
    "Ada Lind: 2 Unleash accounts match; none can be identified": {
        "users": users(user(), user_of("Bo", 12, email="ada@example.com")),
        "assignments": [assignment(external_id=None)],
    },
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN.items(), ids=UNKNOWN)
def test_undetermined_accounts_are_unknown(ask, reason, changes):
    evaluated = ask(RULE, clean_snapshot(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_the_deletion_of_an_admin_names_the_check_before(check):
    second = user(id=13, scim_id=None, root_role=ADMIN_ROLE, email="ada@corp.example")
    snapshot = clean_snapshot(
        assignments=[assignment(okta_email="ada@corp.example")],
        users=users(user(), second, recovery()),
    )
    _, (finding,) = check(RULE, snapshot)
    assert "check `admin-unreachable` first" in " ".join(finding.remediation.steps)


def test_one_admin_among_the_accounts_is_enough_to_name_the_check_before(check):
    second = user(id=13, scim_id=None, email="ada@corp.example")
    snapshot = clean_snapshot(
        assignments=[assignment(okta_email="ada@corp.example")],
        users=users(user(root_role=ADMIN_ROLE), second, recovery()),
        groups=[],
    )
    _, (finding,) = check(RULE, snapshot)
    assert "check `admin-unreachable` first" in " ".join(finding.remediation.steps)


def test_without_a_user_type_no_mapping_is_the_root_cause(check):
    accounts = users(user(), SECOND, recovery())
    okta = assignment(login="cy@example.com", user_type_id=None)
    _, (finding,) = check(RULE, clean_snapshot(users=accounts, assignments=[okta]))
    assert finding.root_cause is None


def test_without_the_ids_of_scim_an_account_may_be_another_users(ask):
    listed = Access(users=(user(scim_id=UNSET), recovery(scim_id=UNSET)), groups=())
    evaluated = ask(RULE, clean_snapshot(users=missing(), access=listed))
    assert (RULE, ADA) in evaluated.unknown_subjects
    assert "it is unknown which account SCIM manages" in reasons_of(evaluated.verdicts[0])
    assert evaluated.verdicts[0].reasons[0].lacking == USERS.name


def test_one_account_that_several_users_match_is_described_as_such(ask):
    snapshot = clean_snapshot(
        users=users(user(), user_of("Cy", 13), recovery()),
        assignments=[
            assignment(),
            assignment_of("Cy", external_id=None),
            assignment_of("Di", external_id=None, email="cy@example.com"),
        ],
    )
    reasons = reasons_of(ask(RULE, snapshot).verdicts[0])
    assert "1 Unleash accounts match" not in reasons
    assert "Cy Berg" in reasons
