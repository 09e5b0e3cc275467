"""The rule unmanaged-user: accounts that SCIM does not manage."""

import pytest
from msgspec import UNSET

from auditor.domain.target import Exclusions, OtherSource
from auditor.domain.unleash import Self, ServiceAccount
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    ADMIN_ROLE,
    JUST_NOW,
    assignment,
    assignment_of,
    clean_snapshot,
    group,
    missing,
    recovery,
    target,
    user,
    user_of,
    users,
)
from tests.support.builders.findings import reasons_of

RULE = "unmanaged-user"
GUEST = user_of("Cy", 13, scim_id=None)


def with_guest(**changes):
    """Return a snapshot in which Cy has the account 13, which SCIM does not manage."""
    return clean_snapshot(**{"users": users(user(), GUEST, recovery())} | changes)


BREACHES = {
    "not assigned": {},
    "assigned, but never adopted": {"assignments": [assignment(), assignment_of("Cy")]},
    "matches two users": {
        "assignments": [
            assignment(),
            assignment_of("Cy"),
            assignment_of("Di", email="cy@example.com"),
        ]
    },
    "an admin who is assigned": {
        "users": users(user(), user_of("Cy", 13, scim_id=None, root_role=ADMIN_ROLE)),
        "assignments": [assignment(), assignment_of("Cy")],
    },
}


@pytest.mark.parametrize("changes", BREACHES.values(), ids=BREACHES)
def test_an_unmanaged_account_fails(check, changes):
    status, (finding,) = check(RULE, with_guest(**changes))
    assert (status, finding.subject, finding.severity) == (VerdictStatus.FAIL, "13", Severity.LOW)
    assert not finding.within_grace


ACCEPTED = {
    "a clean target": clean_snapshot(),
    "a recovery admin": clean_snapshot(users=users(user(), recovery(), recovery(id=4, email=None))),
    "excluded": with_guest(target=target(exclude=Exclusions(patterns=("cy@*",)))),
    "a user of another app": with_guest(
        target=target(also_provisioned_by=(OtherSource(app_id="0oaOther"),)),
        other_assignments=[assignment_of("Cy")],
    ),
    "the auditor's own account": with_guest(self=Self(user_id=13)),
    "a service account": with_guest(service_accounts=[ServiceAccount(id=13)]),
}


@pytest.mark.parametrize("snapshot", ACCEPTED.values(), ids=ACCEPTED)
def test_an_expected_account_passes(check, snapshot):
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("allowed", ["13", "cy@example.com", "CY@*"])
def test_an_allowed_account_passes(check, allowed):
    assert check(RULE, with_guest(), allowed=[allowed]) == (VerdictStatus.PASS, ())
    assert check(RULE, with_guest(), allowed=["14", "di@*"])[0] is VerdictStatus.FAIL


NAMES = {
    "cy@example.com": {},
    "cy": {"email": None, "username": "cy"},
    "no email": {"email": None, "username": None},
}


@pytest.mark.parametrize(("known_by", "changes"), NAMES.items(), ids=NAMES)
def test_an_account_is_named_by_its_available_names(check, known_by, changes):
    bare = {"scim_id": None, "username": "cyrill"} | changes
    _, (finding,) = check(
        RULE, clean_snapshot(users=users(user(), user_of("Cy", 13, **bare), recovery()))
    )
    assert finding.evidence[0].observed == f"None (user 13, {known_by})"


YOUNG = {
    "just made": {"users": users(user(), user_of("Cy", 13, scim_id=None, created_at=JUST_NOW))},
    "of no known age": {"users": users(user(), user_of("Cy", 13, scim_id=None, created_at=None))},
    "just assigned": {
        "assignments": [assignment(), assignment_of("Cy", status_changed_at=JUST_NOW)]
    },
}


@pytest.mark.parametrize("changes", YOUNG.values(), ids=YOUNG)
def test_a_new_account_is_within_the_grace_period(check, changes):
    _, (finding,) = check(RULE, with_guest(**changes))
    assert finding.within_grace


def test_the_second_account_of_a_user_is_listed_as_a_duplicate(check):
    second = user_of("Cy", 13, scim_id=None, email="ada.lind@example.com")
    twice = clean_snapshot(
        users=users(user(), second, recovery()),
        assignments=[assignment(okta_email="ada.lind@example.com")],
    )
    _, (finding,) = check(RULE, twice)
    assert finding.root_cause == RootCause(rule="duplicate-identity", subject=ADA)


UNKNOWN = {
    "okta.assignments: forbidden": {"assignments": missing()},
    "unleash.users: forbidden": {"users": missing()},
    "Cy Berg: it is unknown whether SCIM manages the account": {
        "users": users(user(), user_of("Cy", 13, scim_id=UNSET))
    },
    "whether Break glass is assigned in Okta: 1 Okta assignment": {
        "users": users(recovery()),
        "assignments": [assignment(login=None)],
    },
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN.items(), ids=UNKNOWN)
def test_an_undetermined_account_is_unknown(ask, reason, changes):
    evaluated = ask(RULE, with_guest(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_any_account_can_be_the_auditors_own_while_that_is_unread(ask):
    stranger = user_of("Cy", 13, scim_id=None)
    snapshot = clean_snapshot(users=users(user(), stranger, recovery()), self=missing())
    evaluated = ask(RULE, snapshot)
    assert (evaluated.findings, evaluated.unknown_subjects) == ((), {(RULE, "13")})


def test_no_deletion_is_advised_for_a_user_of_unknown_status(check):
    unclear = assignment_of("Cy", status="IMPLICIT", external_id=None)
    _, (finding,) = check(RULE, with_guest(assignments=[assignment(), unclear]))
    assert finding.message.startswith("SCIM does not manage the account Cy Berg, although Cy Berg")
    assert "Delete" not in " ".join(finding.remediation.steps)


def test_no_deletion_is_advised_while_the_link_is_ambiguous(check):
    both = [assignment_of("Cy"), assignment_of("Di", email="cy@example.com")]
    _, found = check(RULE, with_guest(assignments=[assignment(), *both]))
    (finding,) = [each for each in found if each.subject == "13"]
    assert "the link to its Okta user is ambiguous" in finding.message
    assert "Delete" not in " ".join(finding.remediation.steps)


def test_the_deletion_of_an_admin_names_the_check_before(check):
    guest = user_of("Cy", 13, scim_id=None)
    admins = group(member_ids=frozenset({11, 13}))
    _, found = check(RULE, with_guest(users=users(user(), guest, recovery()), groups=[admins]))
    (finding,) = [each for each in found if each.subject == "13"]
    assert "Delete. For an admin, check `admin-unreachable` first." in " ".join(
        finding.remediation.steps
    )
