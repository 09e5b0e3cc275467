"""The rule user-not-removed: accounts of users without an assignment."""

from datetime import timedelta

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from auditor.domain.okta import LogTarget, PushedGroup
from auditor.domain.target import Exclusions, OtherSource
from auditor.domain.unleash import Access, Self, ServiceAccount
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    ADMIN_ROLE,
    APP_ID,
    AT,
    JUST_NOW,
    LONG_AGO,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
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
)
from tests.support.builders.findings import reasons_of

RULE = "user-not-removed"
CY = user_of("Cy", 13)
ASSIGNED = [assignment()]


def with_leaver(**changes):
    """Return a snapshot in which Cy still has the account 13 and is not assigned."""
    return clean_snapshot(
        **{"users": users(user(), CY, recovery()), "assignments": ASSIGNED} | changes
    )


def test_an_account_without_an_assignment_fails(check):
    status, (finding,) = check(RULE, with_leaver())
    assert (status, finding.subject, finding.severity) == (VerdictStatus.FAIL, "13", Severity.HIGH)
    assert (finding.since, finding.within_grace) == (None, True)
    assert finding.remediation
    assert finding.message == (
        "Cy Berg has no assignment in Okta, but still has an Unleash account. "
        "The account and its personal access tokens keep working."
    )


ROOTS = {
    "provisioning is on": ({}, RootCause(rule="push-flag-off", subject="deactivate-users")),
    "provisioning is off": (
        {"app": app(features=())},
        RootCause(rule="provisioning-off", subject=APP_ID),
    ),
}


@pytest.mark.parametrize(("changes", "root"), ROOTS.values(), ids=ROOTS)
def test_the_root_cause_is_the_action_that_is_off(check, changes, root):
    _, (finding,) = check(RULE, with_leaver(**changes))
    assert finding.root_cause == replace(root, lists_users=False)


def test_a_suspended_user_has_no_root_cause_because_no_push_is_missing(check):
    suspended = assignment_of("Cy", user_status="SUSPENDED")
    _, (finding,) = check(RULE, with_leaver(assignments=[assignment(), suspended]))
    assert (finding.attribute, finding.root_cause) == ("suspended", None)


@pytest.mark.parametrize(
    "status",
    ["INACTIVE", "REVOKED", "DEPROVISIONED", "UNASSIGNED", "IMPORTED", "MATCHED"],
)
def test_an_inactive_assignment_fails_with_its_date(check, status):
    left = assignment_of("Cy", status=status)
    _, (finding,) = check(RULE, with_leaver(assignments=[assignment(), left]))
    assert (finding.subject, finding.since, finding.within_grace) == ("13", LONG_AGO, False)


def test_the_change_of_the_users_own_status_dates_the_deactivation(check):
    left_at = AT - timedelta(hours=2)
    left = assignment_of("Cy", user_status="DEPROVISIONED", user_status_changed_at=left_at)
    _, (finding,) = check(RULE, with_leaver(assignments=[assignment(), left]))
    assert (finding.subject, finding.since, finding.within_grace) == ("13", left_at, False)
    assert finding.message.startswith("Cy Berg is deactivated in Okta, but still has")


def test_a_deactivation_within_the_grace_period_is_no_violation_yet(check):
    left = assignment_of("Cy", user_status="DEPROVISIONED", user_status_changed_at=JUST_NOW)
    leaving = with_leaver(assignments=[assignment(), left])
    assert check(RULE, leaving) == (VerdictStatus.PASS, ())


SUSPENDED = {"user_status": "SUSPENDED", "user_status_changed_at": AT - timedelta(days=3)}


@pytest.mark.parametrize(
    ("account", "severity"),
    [
        ({"seen_at": AT - timedelta(days=9)}, Severity.LOW),
        ({"seen_at": AT - timedelta(days=3)}, Severity.LOW),
        ({"seen_at": AT - timedelta(days=1)}, Severity.MEDIUM),
        ({"seen_at": AT - timedelta(days=9), "root_role": ADMIN_ROLE}, Severity.MEDIUM),
    ],
    ids=["unused", "used last at the suspension", "used since", "admin"],
)
def test_a_suspended_user_needs_a_decision_and_never_a_deletion(check, account, severity):
    left = [assignment(), assignment_of("Cy", **SUSPENDED)]
    accounts = users(user(), user_of("Cy", 13, **account), recovery())
    _, (finding,) = check(RULE, with_leaver(users=accounts, assignments=left))
    assert (finding.attribute, finding.severity) == ("suspended", severity)
    text = " ".join((*finding.remediation.steps, finding.remediation.for_many)).lower()
    assert "delete" not in text
    assert finding.remediation.api is None


def test_a_removal_that_waits_for_an_admin_states_it(check):
    left = assignment_of("Cy", status="REVOKED")
    _, (finding,) = check(RULE, with_leaver(assignments=[assignment(), left]))
    assert finding.message.startswith("The removal of Cy Berg waits for an admin in Okta")


def removal(who, minutes_ago=120, kind="deactivate", **changes):
    target = on_person(f"00u{who}".ljust(20, "0"), login=f"{who.lower()}@example.com")
    return event(
        f"application.provision.user.{kind}", target, on_app(), minutes_ago=minutes_ago, **changes
    )


def test_an_account_that_is_still_listed_after_oktas_push_has_its_own_text(check):
    left = [assignment(), assignment_of("Cy", status="DEPROVISIONED")]
    _, (finding,) = check(RULE, with_leaver(assignments=left, log=log(removal("Cy"))))
    assert finding.message.startswith("Okta's push that removes Cy Berg succeeded on")
    assert "Deactivate Users is enabled" not in " ".join(finding.remediation.steps)


def test_a_completed_task_does_not_count_as_a_removal(check):
    left = [assignment(), assignment_of("Cy", status="DEPROVISIONED")]
    by_hand = log(removal("Cy", kind="deprovision"))
    _, (finding,) = check(RULE, with_leaver(assignments=left, log=by_hand))
    assert finding.message.startswith("Cy Berg has no assignment in Okta")


def test_accounts_that_all_stay_listed_after_oktas_push_are_unknown(ask):
    left = [
        assignment(),
        assignment_of("Cy", status="DEPROVISIONED"),
        assignment_of("Di", status="DEPROVISIONED"),
    ]
    accounts = users(user(), user_of("Cy", 13), user_of("Di", 14), recovery())
    events = log(removal("Cy"), removal("Di", minutes_ago=121))
    evaluated = ask(RULE, with_leaver(users=accounts, assignments=left, log=events))
    assert evaluated.findings == ()
    assert evaluated.unknown_subjects == {(RULE, "13"), (RULE, "14")}


def test_a_scheduled_deletion_is_pending_until_its_date(check):
    left = [assignment(), assignment_of("Cy", status="DEPROVISIONED")]
    due = "2026-12-01T00:00:00Z"
    planned = log(removal("Cy", kind="delete.schedule", reason=f"Deletion scheduled for {due}"))
    _, (finding,) = check(RULE, with_leaver(assignments=left, log=planned))
    assert (finding.since, finding.within_grace) == (None, True)


def test_no_stored_text_has_a_destructive_call(check):
    _, findings = check(RULE, with_leaver())
    assert findings
    assert all(each.remediation.api is None for each in findings)


ADMINS = {
    "by role": {"users": users(user(), user_of("Cy", 13, root_role=ADMIN_ROLE))},
    "by group": {"groups": [group(member_ids=frozenset({13}))]},
}


@pytest.mark.parametrize("changes", ADMINS.values(), ids=ADMINS)
def test_a_leaver_with_the_role_admin_is_critical(check, changes):
    _, (finding,) = check(RULE, with_leaver(**changes))
    assert finding.severity is Severity.CRITICAL
    assert "is still an admin in Unleash" in finding.message
    assert finding.affected[0].detail == "admin"


def unassigned(minutes_ago, **who):
    removal = "application.user_membership.remove"
    return log(event(removal, on_person(**who), on_app(), minutes_ago=minutes_ago))


@pytest.mark.parametrize("known_by", ["email", "username"])
def test_the_log_dates_a_finding(check, known_by):
    bare = user_of("Cy", 13, **{"email": None, "username": None, known_by: "cy@example.com"})
    left = unassigned(90, login="CY@example.com")
    _, (finding,) = check(RULE, with_leaver(users=users(user(), bare, recovery()), log=left))
    assert (finding.since, finding.within_grace) == (AT - timedelta(minutes=90), False)


def test_an_unassignment_within_the_grace_period_is_not_a_violation_yet(check):
    left = unassigned(30, login="cy@example.com")
    assert check(RULE, with_leaver(log=left)) == (VerdictStatus.PASS, ())


def test_a_log_entry_of_another_user_does_not_date_a_finding(check):
    _, (finding,) = check(RULE, with_leaver(log=unassigned(90, login="bo@example.com")))
    assert finding.within_grace


EXCLUDED = target(exclude=Exclusions(ids=frozenset({"13"})))
OTHER = target(also_provisioned_by=(OtherSource(app_id="0oaOther"),))
ACCEPTED = {
    "a clean target": clean_snapshot(),
    "just left": with_leaver(
        assignments=[
            assignment(),
            assignment_of("Cy", status="DEPROVISIONED", status_changed_at=JUST_NOW),
        ]
    ),
    "queued": with_leaver(assignments=[assignment(), assignment_of("Cy", status="STAGED")]),
    "not yet activated": with_leaver(
        assignments=[assignment(), assignment_of("Cy", user_status="STAGED")]
    ),
    "outside SCIM": with_leaver(users=users(user(), user_of("Cy", 13, scim_id=None))),
    "excluded by id": with_leaver(target=EXCLUDED),
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
def test_an_expected_account_passes(check, snapshot):
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_an_excluded_group_excludes_only_its_members(check):
    excluding = with_leaver(
        target=target(exclude=Exclusions(okta_group="00gOut")),
        excluded_group=PushedGroup(id="00gOut", name="Out", member_ids=frozenset({ADA})),
    )
    assert [each.subject for each in check(RULE, excluding)[1]] == ["13"]


def test_an_ended_assignment_in_another_app_excludes_no_user(check):
    ended = [assignment_of("Cy", status="DEPROVISIONED")]
    assert check(RULE, with_leaver(target=OTHER, other_assignments=ended))[0] is VerdictStatus.FAIL


FOREIGN = OtherSource(app_id="0oaOther", org_url="https://subsidiary.okta.com")
UNKNOWN = {
    "okta.assignments: forbidden": {"assignments": missing()},
    "unleash.users: forbidden": {
        "users": missing(),
        "access": Access(users=(user(scim_id=UNSET),), groups=()),
    },
    "none matches": {"users": users(user(scim_id="1"), user_of("Cy", 13, scim_id="2"))},
    "Cy Berg: it is unknown whether SCIM manages the account": {
        "users": users(user(), user_of("Cy", 13, scim_id=UNSET))
    },
    "the assignment status IMPLICIT": {
        "assignments": [assignment(), assignment_of("Cy", status="IMPLICIT")]
    },
    "Cy Berg: several Okta users or several accounts match": {
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


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN.items(), ids=UNKNOWN)
def test_an_undetermined_account_is_unknown(ask, reason, changes):
    evaluated = ask(RULE, with_leaver(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_a_known_leaver_fails_in_any_state_of_another_org(check):
    left = [assignment(), assignment_of("Cy", status="DEPROVISIONED")]
    snapshot = with_leaver(target=target(also_provisioned_by=(FOREIGN,)), assignments=left)
    assert check(RULE, snapshot)[0] is VerdictStatus.FAIL


def test_unknown_results_are_per_account(ask):
    evaluated = ask(RULE, with_leaver(target=target(also_provisioned_by=(FOREIGN,))))
    assert evaluated.unknown_subjects == {(RULE, "13")}
    assert ADA not in {subject for _, subject in evaluated.unknown_subjects}


def test_an_account_that_okta_removed_just_now_is_pending(check):
    left = [assignment(), assignment_of("Cy", status="DEPROVISIONED")]
    just_now = with_leaver(assignments=left, log=log(removal("Cy", minutes_ago=5)))
    _, (finding,) = check(RULE, just_now)
    assert (finding.since, finding.within_grace) == (None, True)


def test_who_left_just_now_does_not_hide_that_all_removed_accounts_stay_listed(ask):
    left = [assignment(), *(assignment_of(name, status="DEPROVISIONED") for name in ("Cy", "Di"))]
    fresh = assignment_of("Ed", status="DEPROVISIONED", status_changed_at=JUST_NOW)
    accounts = users(user(), user_of("Cy", 13), user_of("Di", 14), user_of("Ed", 15), recovery())
    events = log(removal("Cy"), removal("Di", minutes_ago=121))
    evaluated = ask(RULE, with_leaver(users=accounts, assignments=[*left, fresh], log=events))
    assert evaluated.unknown_subjects == {(RULE, "13"), (RULE, "14")}


def test_a_departure_before_the_account_was_created_dates_nothing(check):
    again = user_of("Cy", 13, created_at=AT - timedelta(minutes=60))
    left = unassigned(90, login="cy@example.com")
    _, (finding,) = check(RULE, with_leaver(users=users(user(), again, recovery()), log=left))
    assert (finding.since, finding.within_grace) == (None, True)


def test_an_account_that_was_created_at_the_departure_is_dated_by_it(check):
    at_once = user_of("Cy", 13, created_at=AT - timedelta(minutes=90))
    left = unassigned(90, login="cy@example.com")
    _, (finding,) = check(RULE, with_leaver(users=users(user(), at_once, recovery()), log=left))
    assert finding.since == AT - timedelta(minutes=90)


def test_a_sign_in_after_the_suspension_counts_although_the_assignment_changed_later(check):
    used = user_of("Cy", 13, seen_at=AT - timedelta(days=2))
    suspended = assignment_of(
        "Cy",
        user_status="SUSPENDED",
        user_status_changed_at=AT - timedelta(days=3),
        status_changed_at=AT - timedelta(days=1),
    )
    snapshot = with_leaver(users=users(user(), used), assignments=[assignment(), suspended])
    _, (finding,) = check(RULE, snapshot)
    assert (finding.kind, finding.severity) == ("suspended", Severity.MEDIUM)
    assert finding.since == AT - timedelta(days=3)


def test_a_removal_of_a_deactivated_user_that_waits_for_an_admin_states_it(check):
    waiting = assignment_of("Cy", status="REVOKED", user_status="DEPROVISIONED")
    _, (finding,) = check(RULE, with_leaver(assignments=[assignment(), waiting]))
    assert finding.kind == "revoked"
    assert "waits for an admin in Okta (Dashboard > Tasks)" in finding.message


@pytest.mark.parametrize("name", ["cy@example.com", "CY@EXAMPLE.COM"])
def test_a_removal_is_found_by_the_username_if_the_email_is_another(check, name):
    removed = event(
        "application.provision.user.deactivate",
        on_app(),
        LogTarget(id="0uaCy", type="AppUser", login=name),
        minutes_ago=120,
    )
    account = user_of("Cy", 13, email="cy.berg@corp.example")
    _, (finding,) = check(RULE, with_leaver(users=users(user(), account), log=log(removed)))
    assert finding.kind == "still-listed"


def test_the_name_of_the_app_is_no_name_of_a_user(check):
    ended = event(
        "application.user_membership.remove",
        on_app(login="cy"),
        on_person("00uOther"),
        minutes_ago=5,
    )
    account = user_of("Cy", 13, username="cy")
    _, (finding,) = check(RULE, with_leaver(users=users(user(), account), log=log(ended)))
    assert finding.since is None
