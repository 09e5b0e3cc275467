"""What each failure changes, seen in who can still sign in as an admin."""

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.unleash import AdminCount, PasswordLogin, Statistics
from auditor.engine.simulation.lockout import AccessAnswer, PathKind, simulate_lockout
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    RECOVERY_ACCOUNT,
    VIEWER_ROLE,
    assignment,
    assignment_of,
    clean_snapshot,
    group,
    group_push,
    instance,
    missing,
    recovery,
    user,
    users,
)

PROVEN, UNKNOWN, DISPROVEN = AccessAnswer.PROVEN, AccessAnswer.UNKNOWN, AccessAnswer.DISPROVEN
NO_GROUP = {"groups": (), "group_push": (), "pushed_groups": ()}
NO_RECOVERY_ADMIN = {
    "users": users(user()),
    "admin_count": AdminCount(password=0, no_password=0),
}


def lockout_of(**changes):
    return simulate_lockout(RuleContext(clean_snapshot(**changes)))


def access(lockout):
    """Return the answer of each scenario by its name."""
    return {each.name: each.reachable for each in lockout.scenarios}


def paths_in(lockout, scenario):
    """Return the state of each path in a scenario."""
    (outcome,) = (each for each in lockout.scenarios if each.name == scenario)
    return {(each.kind, each.id): each.state for each in outcome.paths}


READ_FROM_ONE_SOURCE = [
    {"instance": instance()},
    {"password_login": PasswordLogin(disabled=False)},
    {"statistics": Statistics(password_login_enabled=True)},
]


@pytest.mark.parametrize("source", READ_FROM_ONE_SOURCE, ids=lambda each: next(iter(each)))
def test_each_source_of_the_setting_shows_that_password_login_is_off(source):
    unread = dict.fromkeys(("instance", "password_login", "statistics"), missing())
    found = access(lockout_of(**NO_GROUP | unread | source))
    assert (found["today"], found["password-login-off"]) == (PROVEN, DISPROVEN)


def test_an_admin_group_without_members_is_no_path():
    lockout = lockout_of(**NO_RECOVERY_ADMIN)
    path = (PathKind.PUSHED_GROUP, 1)
    assert paths_in(lockout, "today") == {path: PROVEN}
    assert paths_in(lockout, "admin-groups-emptied") == {path: DISPROVEN}
    assert access(lockout)["admin-groups-emptied"] is DISPROVEN


def test_the_failures_of_okta_end_the_access_by_a_pushed_group():
    lockout = lockout_of(**NO_RECOVERY_ADMIN)
    assert not lockout.is_locked_out
    assert [each.name for each in lockout.single_points] == [
        "okta-down",
        "app-deactivated",
        "sso-misconfigured",
        "admin-groups-emptied",
        "admin-group-push-failing",
    ]


def test_a_target_without_any_path_is_locked_out_and_has_no_single_point():
    lockout = lockout_of(**NO_RECOVERY_ADMIN, **NO_GROUP)
    assert lockout.is_locked_out
    assert lockout.single_points == ()


def test_the_matrix_without_paths_has_the_same_answers():
    lockout = lockout_of()
    short = lockout.without_paths()
    assert access(short) == access(lockout)
    assert {each.paths for each in short.scenarios} == {()}
    assert short.recovery_admins == lockout.recovery_admins


def test_the_next_sync_can_adopt_an_admin_whose_user_has_an_unknown_status():
    owner = assignment_of("Cy", email="break-glass@vault.example.org", status="NEW_STATUS")
    found = access(lockout_of(assignments=[owner], users=users(recovery(), user()), **NO_GROUP))
    assert (found["today"], found["next-sync"]) == (UNKNOWN, DISPROVEN)


def test_the_next_sync_leaves_an_account_that_scim_already_manages_as_it_is():
    managed = recovery(id=30, email="ada@example.com", scim_id="scim-ada")
    lockout = lockout_of(
        assignments=[assignment()],
        users=users(recovery(), managed),
        admin_count=AdminCount(password=1, no_password=1),
        **NO_GROUP,
    )
    assert paths_in(lockout, "next-sync") == paths_in(lockout, "today")


def test_an_assignment_without_a_login_leaves_every_recovery_admin_undecided():
    nameless = assignment_of("Cy", login=None, external_id=None)
    found = access(lockout_of(assignments=[assignment(), nameless], **NO_GROUP))
    assert (found["today"], found["password-login-off"]) == (UNKNOWN, DISPROVEN)


def test_an_account_without_a_known_role_can_be_an_admin_in_every_scenario():
    unknown_role = user(id=30, email="x@vault.example.org", username=None, root_role=None)
    others = [user(id=number, email=f"u{number}@example.com") for number in range(20, 25)]
    accounts = users(*others, unknown_role)
    found = access(
        lockout_of(users=accounts, admin_count=AdminCount(password=1, no_password=0), **NO_GROUP)
    )
    assert (found["today"], found["okta-down"]) == (UNKNOWN, UNKNOWN)


def test_the_end_of_the_last_account_but_one_leaves_an_instance_with_users():
    lockout = lockout_of(users=users(recovery(), user()), **NO_GROUP)
    (deleted,) = (each for each in lockout.scenarios if each.name == f"deleted-{RECOVERY_ACCOUNT}")
    stated = {each.about for each in deleted.reasons}
    assert deleted.reachable is DISPROVEN
    assert "Unleash has no user" not in stated


def test_the_end_of_one_of_two_accounts_of_a_user_shows_which_one_belongs_to_the_user():
    both = [
        user(id=30, scim_id=None, root_role=ADMIN_ROLE),
        user(id=31, scim_id=None, root_role=VIEWER_ROLE),
    ]
    lockout = lockout_of(
        users=users(*both),
        assignments=[assignment()],
        groups=[group(member_ids=frozenset({31}))],
        group_push=[group_push()],
        admin_count=AdminCount(password=0, no_password=1),
    )
    found = access(lockout)
    assert (found["today"], found["deleted-30"]) == (UNKNOWN, PROVEN)


def test_the_access_list_alone_decides_no_scenario():
    found = access(lockout_of(users=missing()))
    assert set(found.values()) == {UNKNOWN}
