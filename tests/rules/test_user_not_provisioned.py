"""The rule user-not-provisioned: assigned users without an Unleash account."""

from datetime import timedelta

import pytest
from msgspec import UNSET

from auditor.domain.collections import USERS
from auditor.domain.unleash import Access
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    AT,
    JUST_NOW,
    LONG_AGO,
    assignment,
    assignment_of,
    clean_snapshot,
    missing,
    recovery,
    target,
    user,
    user_of,
    users,
)
from tests.support.builders.findings import reasons_of

RULE = "user-not-provisioned"
ONLY_RECOVERY_ADMIN = users(recovery())


def alone(**changes):
    return clean_snapshot(users=ONLY_RECOVERY_ADMIN, assignments=[assignment(**changes)])


@pytest.mark.parametrize("status", ["ACTIVE", "PROVISIONED"])
@pytest.mark.parametrize("user_status", ["ACTIVE", "LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY"])
def test_an_active_user_without_an_account_fails(check, status, user_status):
    _, (finding,) = check(RULE, alone(status=status, user_status=user_status))
    assert (finding.subject, finding.severity) == (ADA, Severity.HIGH)
    assert not finding.within_grace


def test_the_root_cause_is_the_action_unless_the_account_existed_before(check):
    roots = [
        check(RULE, alone(external_id=scim_id))[1][0].root_cause for scim_id in (None, "scim-11")
    ]
    assert roots == [
        RootCause(rule="push-flag-off", subject="create-users", lists_users=False),
        None,
    ]


DATES = {
    "since they were assigned": ({"external_id": None}, LONG_AGO),
    "since the status changed": (
        {"external_id": None, "created_at": AT - timedelta(days=99)},
        LONG_AGO,
    ),
    "since the assignment, if its status has no date": (
        {"external_id": None, "status_changed_at": None},
        LONG_AGO,
    ),
    "without a date, if the account existed before": ({}, None),
}


@pytest.mark.parametrize(("changes", "since"), DATES.values(), ids=DATES)
def test_a_finding_has_the_available_date(check, changes, since):
    assert check(RULE, alone(**changes))[1][0].since == since


def test_a_finding_lists_the_names_that_were_searched(check):
    _, (finding,) = check(RULE, alone(email="a@b.example", username="ada"))
    assert finding.affected[0].detail == "a@b.example, ada@example.com, ada"
    _, (finding,) = check(RULE, alone(email=None, login=None, username=None))
    assert finding.affected[0].detail == "no name"


def test_a_finding_without_a_date_is_within_the_grace_period(check):
    _, (finding,) = check(RULE, alone(status_changed_at=None, created_at=None))
    assert finding.within_grace


ACCEPTED = {
    "a clean target": clean_snapshot(),
    "just assigned": alone(status_changed_at=JUST_NOW),
    "a pending push, which another rule reports": alone(status="STAGED"),
    "left": alone(status="DEPROVISIONED"),
    "suspended": alone(user_status="SUSPENDED"),
    "a leaver with an unknown account": clean_snapshot(
        users=users(user(), user_of("Bo", 12, email="ada@example.com")),
        assignments=[assignment(external_id=None, status="SUSPENDED")],
    ),
    "an account with the mapped email": clean_snapshot(
        users=users(user(scim_id=None, username=None)),
        assignments=[assignment(login="x@y.example")],
    ),
    "an account with the login": clean_snapshot(
        users=users(user(scim_id=None, username=None)),
        assignments=[assignment(email="x@y.example")],
    ),
    "an account with the username": clean_snapshot(
        users=users(user(scim_id=None, email=None)), assignments=[assignment()]
    ),
}


@pytest.mark.parametrize("snapshot", ACCEPTED.values(), ids=ACCEPTED)
def test_a_user_with_an_account_passes(check, snapshot):
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_the_grace_period_comes_from_the_target(check):
    changed = {"status_changed_at": AT - timedelta(minutes=90)}
    assert check(RULE, alone(**changed))[0] is VerdictStatus.FAIL
    patient = clean_snapshot(
        target=target(grace_minutes=120),
        users=ONLY_RECOVERY_ADMIN,
        assignments=[assignment(**changed)],
    )
    assert check(RULE, patient) == (VerdictStatus.PASS, ())


def test_the_account_of_another_user_does_not_count(check):
    impostor = assignment_of("Bo", external_id="scim-none", email="ada@example.com")
    _, (finding,) = check(
        RULE, clean_snapshot(users=users(user()), assignments=[assignment(), impostor])
    )
    assert finding.subject == impostor.user_id


UNKNOWN = {
    "okta.assignments: forbidden": {"assignments": missing()},
    "unleash.users: forbidden": {"users": missing(), "access": missing()},
    "the assignment status IMPLICIT (Okta user status ACTIVE)": {
        "users": ONLY_RECOVERY_ADMIN,
        "assignments": [assignment(status="IMPLICIT")],
    },
    "(Okta user status None) does not show": {
        "users": ONLY_RECOVERY_ADMIN,
        "assignments": [assignment(user_status=None)],
    },
    "2 Unleash accounts match; the link is ambiguous": {
        "users": users(user(), user_of("Bo", 12, email="ada@example.com")),
        "assignments": [assignment(external_id=None)],
    },
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN.items(), ids=UNKNOWN)
def test_an_undetermined_user_is_unknown(ask, reason, changes):
    evaluated = ask(RULE, clean_snapshot(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_a_new_assignment_of_an_old_user_is_dated_by_the_assignment(check):
    joiner = assignment_of(
        "Cy", created_at=JUST_NOW, status_changed_at=None, user_status_changed_at=LONG_AGO
    )
    joining = clean_snapshot(assignments=[assignment(), joiner])
    assert check(RULE, joining) == (VerdictStatus.PASS, ())


def test_without_the_user_list_a_user_with_a_scim_id_is_unknown(ask):
    listed = Access(users=(recovery(scim_id=UNSET),), groups=())
    snapshot = clean_snapshot(users=missing(), access=listed, assignments=[assignment()])
    evaluated = ask(RULE, snapshot)
    assert evaluated.unknown_subjects == {(RULE, ADA)}
    assert "without the user list" in reasons_of(evaluated.verdicts[0])
    assert evaluated.verdicts[0].reasons[0].lacking == USERS.name


def test_an_unknown_status_lacks_no_collection(ask):
    snapshot = clean_snapshot(users=ONLY_RECOVERY_ADMIN, assignments=[assignment(status="NEW")])
    (reason,) = ask(RULE, snapshot).verdicts[0].reasons
    assert reason.lacking is None


def test_a_user_with_an_account_hides_no_later_user_without_one(check):
    other_email = user(email="old@example.com")
    snapshot = clean_snapshot(
        users=users(other_email, recovery()),
        assignments=[assignment(), assignment_of("Cy", external_id=None)],
    )
    _, (finding,) = check(RULE, snapshot)
    assert finding.affected[0].name == "Cy Berg"
