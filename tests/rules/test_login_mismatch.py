"""The rule login-mismatch: users whose email in Unleash is not their login."""

import pytest
from msgspec import UNSET

from auditor.domain.collections import USERS, MissingReason
from auditor.domain.unleash import Access
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Basis, Severity
from tests.support.builders.contexts import (
    ADA,
    BO,
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

RULE = "login-mismatch"

BREACHES = {
    "another email": {"users": users(user(email="ada@old.example.com"))},
    "no email": {"users": users(user(email=None))},
    "the mapped email, which is not the login": {
        "assignments": [
            assignment(
                login="ada.lind@example.com", username="ada.lind@example.com", external_id=None
            )
        ]
    },
}


@pytest.mark.parametrize("changes", BREACHES.values(), ids=BREACHES)
def test_another_email_fails(check, changes):
    status, (finding,) = check(RULE, clean_snapshot(**changes))
    assert (status, finding.subject, finding.severity) == (VerdictStatus.FAIL, ADA, Severity.HIGH)
    assert [each.id for each in finding.affected] == [ADA]


ACCEPTED = {
    "a clean target": {},
    "another case": {"assignments": [assignment(login="Ada@EXAMPLE.com")]},
    "no user assigned": {"assignments": []},
    "no account": {"users": users(recovery())},
    "left": {
        "users": users(user(email="ada@old.example.com")),
        "assignments": [assignment(status="DEPROVISIONED")],
    },
    "the push is pending": {
        "users": users(user(email="ada@old.example.com")),
        "assignments": [assignment(status="STAGED")],
    },
    "suspended": {
        "users": users(user(email="ada@old.example.com")),
        "assignments": [assignment(user_status="SUSPENDED")],
    },
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_an_equal_or_ignored_email_passes(check, changes):
    assert check(RULE, clean_snapshot(**changes)) == (VerdictStatus.PASS, ())


def test_a_pass_is_observed_and_states_how_users_were_linked(ask):
    verdict = ask(RULE).verdicts[0]
    assert verdict.basis is Basis.OBSERVED
    assert reasons_of(verdict) == "2 users linked: 2 by SCIM id."


def test_the_mapping_is_the_root_cause_and_the_grace_period_applies(check):
    mapped = [assignment(email="ada@old.example.com")]
    snapshot = clean_snapshot(users=users(user(email="ada@old.example.com")), assignments=mapped)
    _, (finding,) = check(RULE, snapshot)
    assert finding.root_cause == RootCause(rule="email-not-login", subject=USER_TYPE)
    assert finding.within_grace


@pytest.mark.parametrize(
    ("okta_email", "cause"), [("ada@example.com", None), ("ada@old.example.com", USER_TYPE)]
)
def test_the_mapping_is_no_cause_where_okta_sends_the_login(check, okta_email, cause):
    sent = [assignment(okta_email=okta_email)]
    snapshot = clean_snapshot(users=users(user(email="ada@old.example.com")), assignments=sent)
    _, (finding,) = check(RULE, snapshot)
    assert (finding.root_cause and finding.root_cause.subject) == cause


def test_a_user_without_a_known_type_has_no_root_cause(check):
    lost = clean_snapshot(
        users=users(user(email="ada@old.example.com")), assignments=[assignment(user_type_id=None)]
    )
    _, (finding,) = check(RULE, lost)
    assert finding.root_cause is None


def test_the_severity_is_low_while_the_user_can_sign_in(check):
    asserts_username = [assignment(login="ada.lind@example.com")]
    _, (finding,) = check(RULE, clean_snapshot(assignments=asserts_username))
    assert finding.severity is Severity.LOW
    assert finding.message.endswith("SSO asserts this email, so the sign-on can work today.")


def test_an_email_that_equals_the_login_needs_a_real_profile_change(check):
    _, (finding,) = check(RULE, clean_snapshot(users=users(user(email="ada@old.example.com"))))
    assert "Force Sync does not push a profile that did not change." in finding.remediation.steps[0]
    mapped = [assignment(email="ada@old.example.com")]
    accounts = users(user(email="ada@old.example.com"))
    _, (finding,) = check(RULE, clean_snapshot(users=accounts, assignments=mapped))
    assert finding.remediation.steps[0] == "Fix the mapping first; see `email-not-login`."


def test_without_the_user_list_a_provisioned_user_is_unknown(ask):
    lesser = Access(users=(user(scim_id=UNSET),), groups=())
    evaluated = ask(RULE, clean_snapshot(users=missing(status=403), access=lesser))
    assert evaluated.findings == ()
    assert (RULE, ADA) in evaluated.unknown_subjects
    assert evaluated.verdicts[0].reasons[0].lacking == USERS.name


def test_an_unknown_login_lacks_no_collection(ask):
    (reason,) = ask(RULE, clean_snapshot(assignments=[assignment(login=None)])).verdicts[0].reasons
    assert reason.lacking is None


SEEN = {"ada@old.example.com": "ada@old.example.com", None: "no email"}


@pytest.mark.parametrize(("email", "seen"), SEEN.items())
def test_a_finding_states_the_difference_and_the_remediation(check, email, seen):
    _, (finding,) = check(RULE, clean_snapshot(users=users(user(email=email))))
    evidence = finding.evidence[0]
    assert evidence.observed == f"{seen} (user 11, linked by SCIM id)"
    assert evidence.expected == "ada@example.com"


def test_only_the_differing_value_is_a_finding(check):
    accounts = users(user(), user_of("Bo", 12, email="b@example.com"))
    _, findings = check(RULE, clean_snapshot(users=accounts))
    assert [each.subject for each in findings] == [BO]


UNKNOWN = {
    "okta.assignments: forbidden": {"assignments": missing()},
    "unleash.users: timeout": {
        "users": missing(MissingReason.TIMEOUT),
        "access": missing(MissingReason.TIMEOUT),
    },
    "Ada Lind: the login is unknown": {"assignments": [assignment(login=None)]},
    "Ada Lind: the assignment status is unknown": {
        "assignments": [assignment(status="IMPLICIT", login="other@example.com")]
    },
    "user 11 matches several Okta users; the link is ambiguous": {
        "assignments": [
            assignment(external_id=None),
            assignment_of("Bo", external_id=None, email="ada@example.com"),
        ]
    },
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN.items(), ids=UNKNOWN)
def test_an_undetermined_user_is_unknown(ask, reason, changes):
    evaluated = ask(RULE, clean_snapshot(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_an_ambiguous_user_does_not_make_others_unknown(ask):
    twins = [assignment(external_id=None), assignment(user_id=BO, external_id=None)]
    evaluated = ask(RULE, clean_snapshot(assignments=twins))
    assert evaluated.unknown_subjects == {(RULE, ADA), (RULE, BO)}
    assert not evaluated.unknown_rules


@pytest.mark.parametrize(("email", "observed"), [(None, "None"), ("a@x.example", "a@x.example")])
def test_the_email_in_okta_and_the_expected_login_are_evidence(check, email, observed):
    people = [assignment(email=email)]
    snapshot = clean_snapshot(users=users(user(email="ada@old.example.com")), assignments=people)
    _, (finding,) = check(RULE, snapshot)
    in_unleash, in_okta = finding.evidence
    assert (in_okta.observed, in_okta.expected) == (observed, "ada@example.com")
    assert in_unleash.expected == "ada@example.com"
