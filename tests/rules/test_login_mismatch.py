"""People whose email in Unleash is not what they sign in with."""

import pytest
from msgspec import UNSET

from auditor.domain.collections import MissingReason
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
    missing,
    recovery,
    user,
    user_of,
    users,
    world,
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
def test_flags(check, changes):
    status, (finding,) = check(RULE, world(**changes))
    assert (status, finding.subject, finding.severity) == (VerdictStatus.FAIL, ADA, Severity.HIGH)
    assert [each.id for each in finding.affected] == [ADA]


ACCEPTED = {
    "a clean world": {},
    "another case": {"assignments": [assignment(login="Ada@EXAMPLE.com")]},
    "nobody assigned": {"assignments": []},
    "no account": {"users": users(recovery())},
    "left": {
        "users": users(user(email="ada@old.example.com")),
        "assignments": [assignment(status="DEPROVISIONED")],
    },
    "on the way": {
        "users": users(user(email="ada@old.example.com")),
        "assignments": [assignment(status="STAGED")],
    },
    "suspended": {
        "users": users(user(email="ada@old.example.com")),
        "assignments": [assignment(user_status="SUSPENDED")],
    },
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts(check, changes):
    assert check(RULE, world(**changes)) == (VerdictStatus.PASS, ())


def test_passes_by_what_was_seen_and_says_how_people_were_linked(ask):
    verdict = ask(RULE).verdicts[0]
    assert verdict.basis is Basis.OBSERVED
    assert reasons_of(verdict) == "2 users linked: 2 by SCIM id."


def test_names_the_mapping_as_its_cause_and_waits_for_scim(check):
    _, (finding,) = check(RULE, world(users=users(user(email="ada@old.example.com"))))
    assert finding.root_cause == RootCause(rule="email-not-login", subject=USER_TYPE)
    assert finding.within_grace


def test_a_person_of_no_known_type_has_no_cause(check):
    lost = world(
        users=users(user(email="ada@old.example.com")), assignments=[assignment(user_type_id=None)]
    )
    _, (finding,) = check(RULE, lost)
    assert finding.root_cause is None


def test_a_sign_on_that_works_today_makes_it_low(check):
    asserts_username = [assignment(login="ada.lind@example.com")]
    _, (finding,) = check(RULE, world(assignments=asserts_username))
    assert finding.severity is Severity.LOW
    assert finding.message.endswith("SSO asserts this email, so the sign-on can work today.")


def test_an_email_that_already_is_the_login_needs_a_real_change(check):
    _, (finding,) = check(RULE, world(users=users(user(email="ada@old.example.com"))))
    assert "Force Sync does not push a profile that did not change." in finding.remediation.steps[0]
    mapped = [assignment(email="ada@old.example.com")]
    accounts = users(user(email="ada@old.example.com"))
    _, (finding,) = check(RULE, world(users=accounts, assignments=mapped))
    assert finding.remediation.steps[0] == "Fix the mapping first; see `email-not-login`."


def test_without_the_user_list_a_provisioned_user_is_unknown(ask):
    lesser = Access(users=(user(scim_id=UNSET),), groups=())
    evaluated = ask(RULE, world(users=missing(status=403), access=lesser))
    assert evaluated.findings == ()
    assert (RULE, ADA) in evaluated.unknown_subjects


SEEN = {"ada@old.example.com": "ada@old.example.com", None: "no email"}


@pytest.mark.parametrize(("email", "seen"), SEEN.items())
def test_says_what_differs_and_how_it_is_put_back(check, email, seen):
    _, (finding,) = check(RULE, world(users=users(user(email=email))))
    evidence = finding.evidence[0]
    assert evidence.observed == f"{seen} (user 11, linked by SCIM id)"
    assert evidence.expected == "ada@example.com"


def test_only_the_login_that_differs_is_flagged(check):
    accounts = users(user(), user_of("Bo", 12, email="b@example.com"))
    _, findings = check(RULE, world(users=accounts))
    assert [each.subject for each in findings] == [BO]


BLIND = {
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


@pytest.mark.parametrize(("reason", "changes"), BLIND.items(), ids=BLIND)
def test_is_blind(ask, reason, changes):
    evaluated = ask(RULE, world(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_an_ambiguous_person_leaves_the_others_known(ask):
    twins = [assignment(external_id=None), assignment(user_id=BO, external_id=None)]
    evaluated = ask(RULE, world(assignments=twins))
    assert evaluated.unknown_subjects == {(RULE, ADA), (RULE, BO)}
    assert not evaluated.unknown_rules
