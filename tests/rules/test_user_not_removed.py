"""Accounts that outlive the assignment."""

from datetime import timedelta

import pytest
from msgspec import UNSET

from auditor.domain.okta import PushedGroup
from auditor.domain.target import Exclusions, OtherSource
from auditor.domain.unleash import Access, Self, ServiceAccount
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    ADMIN_ROLE,
    AT,
    JUST_NOW,
    LONG_AGO,
    assignment,
    assignment_of,
    event,
    group,
    log,
    missing,
    on_app,
    on_person,
    recovery,
    target,
    user,
    user_of,
    users,
    world,
)
from tests.support.builders.findings import reasons_of

RULE = "user-not-removed"
CY = user_of("Cy", 13)
ASSIGNED = [assignment()]


def with_leaver(**changes):
    """Give a world in which Cy still has the account 13 and is not assigned."""
    return world(**{"users": users(user(), CY, recovery()), "assignments": ASSIGNED} | changes)


def test_flags_an_account_that_nobody_is_assigned_to(check):
    status, (finding,) = check(RULE, with_leaver())
    assert (status, finding.subject, finding.severity) == (VerdictStatus.FAIL, "13", Severity.HIGH)
    assert (finding.since, finding.within_grace) == (None, True)
    assert finding.remediation
    assert finding.remediation.api == "DELETE /api/admin/user-admin/13"


@pytest.mark.parametrize(
    "status",
    ["INACTIVE", "REVOKED", "DEPROVISIONED", "UNASSIGNED", "IMPORTED", "MATCHED"],
)
def test_flags_an_assignment_that_is_not_active_and_dates_it(check, status):
    left = assignment_of("Cy", status=status)
    _, (finding,) = check(RULE, with_leaver(assignments=[assignment(), left]))
    assert (finding.subject, finding.since, finding.within_grace) == ("13", LONG_AGO, False)


@pytest.mark.parametrize("user_status", ["SUSPENDED", "DEPROVISIONED"])
def test_a_person_who_is_not_active_has_no_date(check, user_status):
    left = assignment_of("Cy", user_status=user_status)
    _, (finding,) = check(RULE, with_leaver(assignments=[assignment(), left]))
    assert (finding.subject, finding.since, finding.within_grace) == ("13", None, True)


ADMINS = {
    "by role": {"users": users(user(), user_of("Cy", 13, root_role=ADMIN_ROLE))},
    "by group": {"groups": [group(member_ids=frozenset({13}))]},
}


@pytest.mark.parametrize("changes", ADMINS.values(), ids=ADMINS)
def test_an_admin_who_left_is_critical(check, changes):
    _, (finding,) = check(RULE, with_leaver(**changes))
    assert finding.severity is Severity.CRITICAL
    assert "is an admin of Unleash" in finding.message
    assert finding.affected[0].detail == "admin"


def unassigned(minutes_ago, **who):
    removal = "application.user_membership.remove"
    return log(event(removal, on_person(**who), on_app(), minutes_ago=minutes_ago))


@pytest.mark.parametrize("known_by", ["email", "username"])
def test_the_log_dates_it(check, known_by):
    bare = user_of("Cy", 13, **{"email": None, "username": None, known_by: "cy@example.com"})
    left = unassigned(90, login="CY@example.com")
    _, (finding,) = check(RULE, with_leaver(users=users(user(), bare, recovery()), log=left))
    assert (finding.since, finding.within_grace) == (AT - timedelta(minutes=90), False)


def test_what_the_log_dates_within_the_grace_period_is_no_breach_yet(check):
    left = unassigned(30, login="cy@example.com")
    assert check(RULE, with_leaver(log=left)) == (VerdictStatus.PASS, ())


def test_the_log_of_somebody_else_dates_nothing(check):
    _, (finding,) = check(RULE, with_leaver(log=unassigned(90, login="bo@example.com")))
    assert finding.within_grace


LEFT_OUT = target(exclude=Exclusions(ids=frozenset({"13"})))
OTHER = target(also_provisioned_by=(OtherSource(app_id="0oaOther"),))
ACCEPTED = {
    "a clean world": world(),
    "just left": with_leaver(
        assignments=[
            assignment(),
            assignment_of("Cy", status="DEPROVISIONED", status_changed_at=JUST_NOW),
        ]
    ),
    "on the way": with_leaver(assignments=[assignment(), assignment_of("Cy", status="STAGED")]),
    "outside SCIM": with_leaver(users=users(user(), user_of("Cy", 13, scim_id=None))),
    "excluded by id": with_leaver(target=LEFT_OUT),
    "excluded by pattern": with_leaver(target=target(exclude=Exclusions(patterns=("CY@*",)))),
    "excluded by Okta id": with_leaver(
        target=target(exclude=Exclusions(ids=frozenset({"00uCy000000000000000"}))),
        assignments=[assignment(), assignment_of("Cy", status="SUSPENDED")],
    ),
    "excluded by group": with_leaver(
        target=target(exclude=Exclusions(okta_group="00gOut")),
        excluded_group=PushedGroup(
            id="00gOut", name="Out", member_ids=frozenset({"00uCy000000000000000"})
        ),
        assignments=[assignment(), assignment_of("Cy", status="SUSPENDED")],
    ),
    "assigned in another app": with_leaver(target=OTHER, other_assignments=[assignment_of("Cy")]),
    "the auditor's own account": with_leaver(self=Self(user_id=13)),
    "a service account": with_leaver(service_accounts=[ServiceAccount(id=13)]),
}


@pytest.mark.parametrize("snapshot", ACCEPTED.values(), ids=ACCEPTED)
def test_accepts(check, snapshot):
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_an_excluded_group_takes_only_its_members_out(check):
    excluding = with_leaver(
        target=target(exclude=Exclusions(okta_group="00gOut")),
        excluded_group=PushedGroup(id="00gOut", name="Out", member_ids=frozenset({ADA})),
    )
    assert [each.subject for each in check(RULE, excluding)[1]] == ["13"]


def test_an_assignment_in_another_app_that_has_ended_takes_nobody_out(check):
    ended = [assignment_of("Cy", status="DEPROVISIONED")]
    assert check(RULE, with_leaver(target=OTHER, other_assignments=ended))[0] is VerdictStatus.FAIL


FOREIGN = OtherSource(app_id="0oaOther", org_url="https://subsidiary.okta.com")
BLIND = {
    "okta.assignments: forbidden": {"assignments": missing()},
    "unleash.users: forbidden": {
        "users": missing(),
        "access": Access(users=(user(scim_id=UNSET),), groups=()),
    },
    "never match": {"users": users(user(scim_id="1"), user_of("Cy", 13, scim_id="2"))},
    "whether SCIM manages Cy Berg": {"users": users(user(), user_of("Cy", 13, scim_id=UNSET))},
    "is IMPLICIT": {"assignments": [assignment(), assignment_of("Cy", status="IMPLICIT")]},
    "whose account Cy Berg is": {
        "assignments": [
            assignment(),
            assignment_of("Cy", external_id=None),
            assignment_of("Di", external_id=None, email="cy@example.com"),
        ]
    },
    "okta.other_assignments: forbidden": {"target": OTHER, "other_assignments": missing()},
    "okta.excluded_group: forbidden": {
        "target": target(exclude=Exclusions(okta_group="00gOut")),
        "excluded_group": missing(),
        "assignments": [assignment(), assignment_of("Cy", status="SUSPENDED")],
    },
    "0oaOther of https://subsidiary.okta.com": {"target": target(also_provisioned_by=(FOREIGN,))},
}


@pytest.mark.parametrize(("reason", "changes"), BLIND.items(), ids=BLIND)
def test_is_blind(ask, reason, changes):
    evaluated = ask(RULE, with_leaver(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_whoever_is_known_to_have_left_is_flagged_whatever_another_org_does(check):
    left = [assignment(), assignment_of("Cy", status="DEPROVISIONED")]
    snapshot = with_leaver(target=target(also_provisioned_by=(FOREIGN,)), assignments=left)
    assert check(RULE, snapshot)[0] is VerdictStatus.FAIL


def test_what_is_unknown_is_unknown_by_account(ask):
    evaluated = ask(RULE, with_leaver(target=target(also_provisioned_by=(FOREIGN,))))
    assert evaluated.unknown_subjects == {(RULE, "13")}
    assert ADA not in {subject for _, subject in evaluated.unknown_subjects}
