"""People who are assigned and never arrived."""

from datetime import timedelta

import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    AT,
    JUST_NOW,
    LONG_AGO,
    assignment,
    assignment_of,
    missing,
    recovery,
    target,
    user,
    user_of,
    users,
    world,
)
from tests.support.builders.findings import reasons_of

RULE = "user-not-provisioned"
NOBODY = users(recovery())


def alone(**changes):
    return world(users=NOBODY, assignments=[assignment(**changes)])


@pytest.mark.parametrize("status", ["ACTIVE", "PROVISIONED"])
@pytest.mark.parametrize("user_status", ["ACTIVE", "LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY"])
def test_flags_an_active_person_without_an_account(check, status, user_status):
    _, (finding,) = check(RULE, alone(status=status, user_status=user_status))
    assert (finding.subject, finding.severity) == (ADA, Severity.HIGH)
    assert not finding.within_grace


DATES = {
    "since they were assigned": ({"external_id": None}, LONG_AGO),
    "since the status changed": (
        {"external_id": None, "created_at": AT - timedelta(days=99)},
        LONG_AGO,
    ),
    "since the assignment was made, where its status has no date": (
        {"external_id": None, "status_changed_at": None},
        LONG_AGO,
    ),
    "since nobody knows when, where they had been there": ({}, None),
}


@pytest.mark.parametrize(("changes", "since"), DATES.values(), ids=DATES)
def test_dates_what_has_a_date(check, changes, since):
    assert check(RULE, alone(**changes))[1][0].since == since


def test_says_under_which_names_it_looked(check):
    _, (finding,) = check(RULE, alone(email="a@b.example", username="ada"))
    assert finding.affected[0].detail == "a@b.example, ada@example.com, ada"
    _, (finding,) = check(RULE, alone(email=None, login=None, username=None))
    assert finding.affected[0].detail == "no name"


def test_waits_for_scim_where_nothing_has_a_date(check):
    _, (finding,) = check(RULE, alone(status_changed_at=None, created_at=None))
    assert finding.within_grace


ACCEPTED = {
    "a clean world": world(),
    "just assigned": alone(status_changed_at=JUST_NOW),
    "on the way, which is another rule's": alone(status="STAGED"),
    "left": alone(status="DEPROVISIONED"),
    "suspended": alone(user_status="SUSPENDED"),
    "left, and nobody knows which account was theirs": world(
        users=users(user(), user_of("Bo", 12, email="ada@example.com")),
        assignments=[assignment(external_id=None, status="SUSPENDED")],
    ),
    "there under the mapped email": world(
        users=users(user(scim_id=None, username=None)),
        assignments=[assignment(login="x@y.example")],
    ),
    "there under the login": world(
        users=users(user(scim_id=None, username=None)),
        assignments=[assignment(email="x@y.example")],
    ),
    "there under the username": world(
        users=users(user(scim_id=None, email=None)), assignments=[assignment()]
    ),
}


@pytest.mark.parametrize("snapshot", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts(check, snapshot):
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_the_grace_period_is_the_targets(check):
    changed = {"status_changed_at": AT - timedelta(minutes=90)}
    assert check(RULE, alone(**changed))[0] is VerdictStatus.FAIL
    patient = world(
        target=target(grace_minutes=120), users=NOBODY, assignments=[assignment(**changed)]
    )
    assert check(RULE, patient) == (VerdictStatus.PASS, ())


def test_an_account_that_is_somebody_elses_is_not_theirs(check):
    impostor = assignment_of("Bo", external_id="scim-none", email="ada@example.com")
    _, (finding,) = check(RULE, world(users=users(user()), assignments=[assignment(), impostor]))
    assert finding.subject == impostor.user_id


BLIND = {
    "okta.assignments: forbidden": {"assignments": missing()},
    "unleash.users: forbidden": {"users": missing(), "access": missing()},
    "the assignment status IMPLICIT (Okta user status ACTIVE)": {
        "users": NOBODY,
        "assignments": [assignment(status="IMPLICIT")],
    },
    "(Okta user status None) does not show": {
        "users": NOBODY,
        "assignments": [assignment(user_status=None)],
    },
    "2 Unleash accounts match; the link is ambiguous": {
        "users": users(user(), user_of("Bo", 12, email="ada@example.com")),
        "assignments": [assignment(external_id=None)],
    },
}


@pytest.mark.parametrize(("reason", "changes"), BLIND.items(), ids=BLIND)
def test_is_blind(ask, reason, changes):
    evaluated = ask(RULE, world(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])
