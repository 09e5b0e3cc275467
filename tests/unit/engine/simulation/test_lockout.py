"""The lock-out matrix against an oracle that tries every assignment of passwords to admins."""

from dataclasses import dataclass, replace
from itertools import combinations, product

import pytest

from auditor.domain.collections import ASSIGNMENTS, USERS
from auditor.domain.context import RuleContext
from auditor.domain.tristate import Tristate
from auditor.domain.unleash import AdminCount, SsoSettings
from auditor.engine.simulation.lockout import AccessAnswer, Lockout, PathKind, simulate_lockout
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    BO_ACCOUNT,
    assignment_of,
    attestation,
    clean_snapshot,
    group,
    instance,
    missing,
    recovery,
    target,
    user,
    user_of,
    users,
)

FIRST_ID = 100


@dataclass(frozen=True)
class Admin:
    """A direct admin with only the relevant facts."""

    in_scim: bool
    is_assigned: bool

    @property
    def is_eligible(self) -> bool:
        return not (self.in_scim or self.is_assigned)


def snapshot_of(admins, passwords, *, password_login, **changes):
    accounts, assignments = [], []
    for number, admin in enumerate(admins):
        email = f"admin{number}@vault.example.org"
        scim_id = f"scim-{number}" if admin.in_scim else None
        accounts.append(recovery(id=FIRST_ID + number, email=email, username=None, scim_id=scim_id))
        if admin.is_assigned:
            assignments.append(assignment_of(f"Owner{number}", login=email))
    bystander = user(id=1, scim_id=None, email=None, username="bystander")
    collections = {
        "users": users(*accounts, bystander),
        "assignments": assignments,
        "groups": [],
        "group_push": [],
        "pushed_groups": [],
        "instance": instance(password_login_disabled=not password_login),
        "password_login": missing(),
        "statistics": missing(),
        "admin_count": AdminCount(password=passwords, no_password=len(admins) - passwords),
        "saml": SsoSettings(enabled=True),
        "oidc": SsoSettings(enabled=False),
    }
    return clean_snapshot(**collections | changes)


def lockout_of(*admins, passwords, password_login=True, attestations=(), **changes) -> Lockout:
    snapshot = snapshot_of(admins, passwords, password_login=password_login, **changes)
    return simulate_lockout(RuleContext(snapshot, tuple(attestations)))


def states(lockout: Lockout) -> dict[str, Tristate]:
    return {each.name: Tristate[each.reachable.name] for each in lockout.scenarios}


def password_sets(admins, passwords):
    """Yield every set of admins that can be those with a password."""
    yield from map(frozenset, combinations(range(len(admins)), passwords))


def verdict(outcomes) -> Tristate:
    if outcomes == {True}:
        return Tristate.PROVEN
    return Tristate.DISPROVEN if outcomes == {False} else Tristate.UNKNOWN


def oracle(admins, passwords, *, password_login) -> dict[str, Tristate]:
    """Compute each scenario by trying every set of admins with a password."""

    def answer(holders, without=()):
        """Return whether an eligible admin with a password is left."""
        return password_login and any(
            number in holders and admin.is_eligible and number not in without
            for number, admin in enumerate(admins)
        )

    all_spreads = list(password_sets(admins, passwords))
    today = verdict({answer(each) for each in all_spreads})
    matched = {number for number, admin in enumerate(admins) if admin.is_assigned}
    expected = dict.fromkeys(
        ("today", "okta-down", "app-deactivated", "sso-misconfigured", "scim-token-revoked"), today
    )
    expected |= dict.fromkeys(("admin-groups-emptied", "admin-group-push-failing"), today)
    expected["password-login-off"] = Tristate.DISPROVEN
    expected["next-sync"] = verdict({answer(each, matched) for each in all_spreads})
    for number in range(len(admins)):
        outcomes = verdict({answer(each, {number}) for each in all_spreads})
        expected[f"adopted-{FIRST_ID + number}"] = outcomes
        expected[f"deleted-{FIRST_ID + number}"] = outcomes
        losing = [each for each in all_spreads if number in each] or all_spreads
        expected[f"password-lost-{FIRST_ID + number}"] = verdict(
            {answer(each, {number}) for each in losing}
        )
    return expected


KINDS = [Admin(in_scim, assigned) for in_scim, assigned in product((False, True), repeat=2)]
SMALL_TARGETS = [
    (admins, passwords, login)
    for size in range(4)
    for admins in product(KINDS[:3], repeat=size)
    for passwords in range(size + 1)
    for login in (True, False)
]


@pytest.mark.parametrize("login", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_the_matrix_of_every_small_target_equals_the_oracle(size, login):
    for admins, passwords, password_login in SMALL_TARGETS:
        if len(admins) != size or password_login != login:
            continue
        found = states(lockout_of(*admins, passwords=passwords, password_login=login))
        expected = oracle(admins, passwords, password_login=login)
        assert found == expected, (admins, passwords)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_path_is_decided_only_if_it_is_so_for_every_set_of_passwords(size):
    for admins, passwords, password_login in SMALL_TARGETS:
        if len(admins) != size:
            continue
        (today, *_) = lockout_of(
            *admins, passwords=passwords, password_login=password_login
        ).scenarios
        for number, (admin, path) in enumerate(zip(admins, today.paths, strict=True)):
            holds = {number in each for each in password_sets(admins, passwords)}
            expected = verdict({admin.is_eligible and password_login and each for each in holds})
            assert Tristate[path.state.name] is expected, (admins, passwords, path)


OUTSIDE = Admin(in_scim=False, is_assigned=False)
MATCHED = Admin(in_scim=False, is_assigned=True)


def test_a_single_recovery_admin_is_a_single_point_of_failure():
    lockout = lockout_of(OUTSIDE, passwords=1)
    assert states(lockout)["today"] is Tristate.PROVEN
    assert {each.name for each in lockout.single_points} == {
        "password-login-off",
        "adopted-100",
        "deleted-100",
        "password-lost-100",
    }


def test_two_recovery_admins_with_passwords_survive_the_loss_of_one():
    lockout = lockout_of(OUTSIDE, OUTSIDE, passwords=2)
    assert states(lockout)["deleted-100"] is Tristate.PROVEN
    assert [each.name for each in lockout.single_points] == ["password-login-off"]


def test_the_scenario_is_unknown_if_the_admin_with_the_password_is_not_known():
    assert states(lockout_of(OUTSIDE, OUTSIDE, passwords=1))["deleted-100"] is Tristate.UNKNOWN


def test_the_next_sync_can_adopt_the_only_admin_that_an_assigned_user_matches():
    lockout = lockout_of(MATCHED, passwords=1)
    assert states(lockout)["next-sync"] is Tristate.DISPROVEN


def test_an_attested_password_no_longer_counts_once_it_is_lost():
    tried = attestation("admin-unreachable", str(FIRST_ID))
    lockout = lockout_of(OUTSIDE, passwords=1, attestations=[tried], admin_count=missing())
    assert states(lockout)["today"] is Tristate.PROVEN
    assert states(lockout)["password-lost-100"] is Tristate.DISPROVEN


def test_without_the_users_only_password_login_off_is_known():
    lockout = lockout_of(OUTSIDE, passwords=1, users=missing(), groups=missing(), access=missing())
    assert set(states(lockout).values()) == {Tristate.UNKNOWN}


def test_every_path_is_named_with_its_kind_and_state():
    (today, *_) = lockout_of(OUTSIDE, MATCHED, passwords=2).scenarios
    found = [(path.kind, path.id, Tristate[path.state.name]) for path in today.paths]
    assert found == [
        (PathKind.PASSWORD, 100, Tristate.PROVEN),
        (PathKind.PASSWORD, 101, Tristate.DISPROVEN),
    ]


NO_PUSH, NO_SSO = "the push of the group Unleash admins is inactive", "SAML is off"


@pytest.mark.parametrize(
    ("target_of_audit", "scenario", "reasons"),
    [
        (target(), "okta-down", {NO_SSO}),
        (target(), "sso-misconfigured", {NO_SSO}),
        (target(), "app-deactivated", {NO_PUSH, NO_SSO}),
        (target(sso_app_id="0oaSso"), "okta-down", {NO_SSO}),
        (target(sso_app_id="0oaSso"), "app-deactivated", {NO_PUSH}),
    ],
)
def test_a_deactivated_app_ends_the_sign_on_only_if_it_provides_it(
    target_of_audit, scenario, reasons
):
    lockout = simulate_lockout(RuleContext(clean_snapshot(target=target_of_audit)))
    assert len({each.title for each in lockout.scenarios}) == len(lockout.scenarios)
    (outcome,) = (each for each in lockout.scenarios if each.name == scenario)
    (group,) = (each for each in outcome.paths if each.kind is PathKind.PUSHED_GROUP)
    stated = {reason_text(each) for each in group.reasons}
    assert {each for each in (NO_PUSH, NO_SSO) if each in stated} == reasons
    assert group.state is AccessAnswer.DISPROVEN


def test_without_any_user_no_admin_can_sign_in():
    lockout = lockout_of(passwords=0, users=users())
    assert states(lockout)["today"] is Tristate.DISPROVEN
    assert lockout.single_points == ()


def test_the_matrix_does_not_depend_on_users_who_are_no_admins():
    others = [user(id=number, email=f"u{number}@example.com") for number in range(10, 15)]
    assigned = [assignment_of(f"User{number}") for number in range(5)]
    few = snapshot_of([OUTSIDE], 1, password_login=True)
    everyone = users(*few[USERS].users, *others)
    many = replace(few, read={**few.read, USERS.name: everyone, ASSIGNMENTS.name: tuple(assigned)})
    assert simulate_lockout(RuleContext(many)) == simulate_lockout(RuleContext(few))


def test_the_end_of_an_account_lets_its_user_be_linked_to_another_one():
    # Ada's account is linked by its SCIM id, so the second one with her email is linked to no user.
    second = user(id=30, scim_id="scim-second")
    lockout = simulate_lockout(
        RuleContext(
            clean_snapshot(
                users=users(user(root_role=ADMIN_ROLE), second),
                groups=[group(member_ids=frozenset({30}))],
                admin_count=AdminCount(password=0, no_password=1),
            )
        )
    )
    assert states(lockout)["today"] is Tristate.DISPROVEN
    assert states(lockout)["deleted-11"] is Tristate.PROVEN


def test_the_end_of_one_linked_admin_leaves_the_other_users_assigned():
    lockout = simulate_lockout(
        RuleContext(
            clean_snapshot(
                users=users(user(root_role=ADMIN_ROLE), user_of("Bo", BO_ACCOUNT)),
                groups=[group(member_ids=frozenset({BO_ACCOUNT}))],
                admin_count=AdminCount(password=0, no_password=1),
            )
        )
    )
    assert states(lockout)["deleted-11"] is Tristate.PROVEN
