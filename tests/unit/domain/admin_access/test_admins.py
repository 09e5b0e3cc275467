"""The definition of a reachable admin against an oracle that tries every possible state."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Tristate, all_of, any_of, disproven, proven, unknown
from auditor.domain.unleash import AdminCount, RootRole, ServiceAccount, SsoSettings, Users
from auditor.domain.waivers import Attestation
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    AT,
    assignment_of,
    attestation,
    clean_snapshot,
    group,
    group_push,
    instance,
    missing,
    pushed_group,
    recovery,
    user,
    users,
)

MAYBE = (True, False)
"""Every value that an unknown fact can have."""


@dataclass(frozen=True)
class Admin:
    in_scim: bool | None
    is_assigned: bool


@dataclass(frozen=True)
class Team:
    in_scim: bool | None
    push: str
    members: tuple[bool | None, ...]
    """Whether each member is active in Okta."""


@dataclass(frozen=True)
class Case:
    admins: tuple[Admin, ...]
    teams: tuple[Team, ...]
    assignments_seen: bool
    password_login: bool | None
    counted: tuple[int, int] | None
    sso: bool | None
    tried: int | None
    """The admin that an attestation names."""


perhaps = st.sampled_from((True, False, None))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    admins = draw(st.lists(st.builds(Admin, perhaps, st.booleans()), max_size=4))
    passwords = draw(st.integers(0, len(admins)))
    off_by = draw(st.sampled_from((0, 0, 0, 1)))
    push = st.sampled_from(("ACTIVE", "ACTIVE", "INACTIVE", "ERROR", "UNHEARD_OF", "none"))
    members = st.lists(perhaps, max_size=3).map(tuple)
    return Case(
        admins=tuple(admins),
        teams=tuple(draw(st.lists(st.builds(Team, perhaps, push, members), max_size=2))),
        assignments_seen=draw(st.sampled_from((True, True, False))),
        password_login=draw(perhaps),
        counted=draw(
            st.sampled_from(((passwords, len(admins) - passwords + off_by),) * 3 + (None,))
        ),
        sso=draw(perhaps),
        tried=draw(st.none() | st.integers(0, len(admins) - 1)) if admins else None,
    )


def possible_values(known: bool | None) -> tuple[bool, ...]:
    return MAYBE if known is None else (known,)


def eligible(case: Case, admin: Admin) -> tuple[bool, ...]:
    """Return whether the account is outside SCIM and belongs to no Okta user."""
    assigned = possible_values(admin.is_assigned if case.assignments_seen else None)
    return tuple(
        {not scim and not held for scim in possible_values(admin.in_scim) for held in assigned}
    )


def password_holders(case: Case) -> Iterator[tuple[bool, ...]]:
    """Yield every possible set of direct admins that have the counted passwords."""
    direct = len(case.admins)
    believed = case.counted if case.counted and sum(case.counted) == direct else None
    spreads = list(product(MAYBE, repeat=direct))
    possible = [each for each in spreads if not believed or sum(each) == believed[0]]
    if case.tried is not None and eligible(case, case.admins[case.tried]) == (True,):
        attested = [each for each in possible if each[case.tried]]
        possible = attested or possible
    yield from possible


def account_can_sign_in(case: Case) -> set[bool]:
    fits = list(product(*(eligible(case, admin) for admin in case.admins)))
    return {
        login and any(fit and has for fit, has in zip(fit_of, has_of, strict=True))
        for login in possible_values(case.password_login)
        for fit_of in fits
        for has_of in password_holders(case)
    }


def team_member_can_sign_in(case: Case, team: Team, *, sso: bool) -> set[bool]:
    pushed = {"ACTIVE": (True,), "UNHEARD_OF": MAYBE}.get(team.push, (False,))
    spread = product(
        *(possible_values(each if case.assignments_seen else None) for each in team.members)
    )
    if case.sso is None:
        # Without a known sign-on method, no identifier is known, so no member matches for certain.
        spread = product(
            *(
                (False,) if each is False and case.assignments_seen else MAYBE
                for each in team.members
            )
        )
    return {
        scim and push and sso and any(active)
        for active in spread
        for scim in possible_values(team.in_scim)
        for push in pushed
    }


def group_member_can_sign_in(case: Case) -> set[bool]:
    return {
        any(each)
        for sso in possible_values(case.sso)
        for each in product(*(team_member_can_sign_in(case, team, sso=sso) for team in case.teams))
    }


def oracle(case: Case) -> Tristate:
    outcomes = {
        by_account or by_group
        for by_account in account_can_sign_in(case)
        for by_group in group_member_can_sign_in(case)
    }
    return (
        Tristate.UNKNOWN
        if len(outcomes) == 2
        else Tristate.PROVEN
        if True in outcomes
        else Tristate(0)
    )


def scim_id(known: bool | None, name: str) -> object:
    return UNSET if known is None else name if known else None


def snapshot_of(case: Case) -> Snapshot:
    accounts, assignments, groups, pushes, names = [], [], [], [], []
    for number, admin in enumerate(case.admins):
        email = f"admin{number}@vault.example.org"
        marks = {"username": None, "scim_id": scim_id(admin.in_scim, f"scim-admin-{number}")}
        accounts.append(recovery(id=100 + number, email=email, **marks))
        if admin.is_assigned:
            assignments.append(assignment_of(f"Owner{number}", login=email.upper()))
    statuses = {True: "PROVISIONED", False: "DEPROVISIONED", None: "IMPLICIT"}
    for number, team in enumerate(case.teams):
        ids = []
        for place, active in enumerate(team.members):
            who = f"Member{number}{place}"
            assignments.append(assignment_of(who, status=statuses[active]))
            ids.append(200 + 10 * number + place)
            marks = {"scim_id": f"scim-{who.lower()}", "email": f"{who.lower()}@example.com"}
            accounts.append(user(id=ids[-1], **marks))
        name = f"Team {number}"
        managed = scim_id(team.in_scim, f"scim-{name}")
        groups.append(group(id=number, name=name, scim_id=managed, member_ids=frozenset(ids)))
        if team.push != "none":
            source = f"00gTeam{number}"
            pushes.append(group_push(id=f"gPm{number}", source_group_id=source, status=team.push))
            names.append(pushed_group(id=source, name=name))
    disabled = None if case.password_login is None else not case.password_login
    counted = case.counted and AdminCount(password=case.counted[0], no_password=case.counted[1])
    return clean_snapshot(
        users=users(*accounts, user(id=1, scim_id=None, email=None, username="bystander")),
        assignments=assignments if case.assignments_seen else missing(),
        groups=groups,
        group_push=pushes,
        pushed_groups=names,
        instance=instance(password_login_disabled=disabled),
        password_login=missing(),
        statistics=missing(),
        admin_count=counted or missing(),
        saml=SsoSettings(enabled=case.sso),
        oidc=SsoSettings(enabled=False),
    )


@given(cases())
@settings(max_examples=400, deadline=None)
def test_the_verdict_equals_the_oracle_over_every_possible_state(case):
    tried = () if case.tried is None else (case.tried,)
    signed = tuple(attestation("admin-unreachable", str(100 + number)) for number in tried)
    assert RuleContext(snapshot_of(case), signed).admins.reachable.state is oracle(case)


def test_three_valued_and_and_or_keep_the_deciding_reasons():
    yes, no, perhaps = proven("a"), disproven("b"), unknown("c")
    assert all_of(yes, no, perhaps) == no
    assert all_of(yes, perhaps) == perhaps
    assert any_of((yes, no, perhaps)) == yes
    assert any_of((no, perhaps)) == perhaps
    assert any_of((no, disproven("d"))).reasons == (*no.reasons, *disproven("d").reasons)
    assert any_of((), otherwise="nothing there") == disproven("nothing there")


def admins_of(*attestations: Attestation, **changes):
    return RuleContext(clean_snapshot(**changes), attestations).admins


def test_admins_are_found_by_their_own_role_and_by_their_group():
    assert admins_of().ids == {2, 11}
    assert admins_of(groups=[group(member_ids=None)]).ids == {2}


def test_only_certain_paths_are_counted():
    admins = admins_of(
        users=users(recovery(), recovery(id=4), user(root_role=ADMIN_ROLE)),
        admin_count=AdminCount(password=2, no_password=1),
    )
    assert (admins.recovery.certain, len(admins.recovery.eligible)) == (1, 2)
    assert len(admins.proven_groups) == 1


def test_no_direct_path_counts_while_password_login_is_off():
    assert admins_of(instance=instance(password_login_disabled=True)).recovery.certain == 0


def test_an_attestation_older_than_the_account_does_not_count():
    signed = attestation("admin-unreachable", "2")
    accounts = users(recovery(created_at=AT - timedelta(hours=1)))
    uncounted = admins_of(signed, users=accounts, admin_count=missing())
    assert uncounted.recovery.reachable.state is Tristate.UNKNOWN


def test_an_attestation_from_the_day_of_the_accounts_creation_counts():
    made = users(recovery(created_at=AT))
    for on in (AT.date() - timedelta(days=1), AT.date()):
        signed = attestation("admin-unreachable", "2", on=on)
        admins = admins_of(signed, users=made, admin_count=missing())
        assert bool(admins.recovery.attested) is (on == AT.date())


def test_an_attestation_is_valid_from_its_day_to_its_expiry():
    today = AT.date()
    for days, holds in ((-1, False), (0, True), (1, True)):
        signed = attestation(
            "admin-unreachable",
            "2",
            on=today - timedelta(days=2),
            expires=today + timedelta(days=days),
        )
        assert bool(admins_of(signed, admin_count=missing()).recovery.attested) is holds
    given_tomorrow = attestation("admin-unreachable", "2", on=today + timedelta(days=1))
    assert not admins_of(given_tomorrow, admin_count=missing()).recovery.attested


def test_only_the_root_role_named_admin_makes_an_admin():
    roles = (
        RootRole(id=2, name="Editor", type="root"),
        RootRole(id=7, name="Admin", type="custom"),
        RootRole(id=1, name="Admin", type="root"),
    )
    for listed, admin in ((roles, 1), (roles[:2], None)):
        assert Users(users=(), roles=listed).admin_role_id == admin


TRIED = attestation("admin-unreachable", "2")


def test_an_attestation_counts_only_for_its_account():
    accounts = users(recovery(), recovery(id=4, name="Untried"))
    admins = admins_of(TRIED, users=accounts, admin_count=missing())
    facts = [reason.about for reason in admins.recovery.reachable.reasons]
    assert "an attestation states that Break glass can sign in" in facts
    assert admins.recovery.attested == {2: TRIED}
    assert admins.recovery.certain == 1


def test_an_attestation_is_ignored_when_the_count_proves_the_password_or_login_is_off():
    assert admins_of(TRIED).recovery.attested == {}
    off = admins_of(TRIED, instance=instance(password_login_disabled=True), admin_count=missing())
    assert (off.recovery.attested, off.recovery.certain) == ({}, 0)


def test_without_a_known_admin_role_no_user_is_an_admin():
    nameless = Users(users=(user(root_role=None),), roles=())
    admins = admins_of(users=nameless, service_accounts=[ServiceAccount(id=21)])
    assert (admins.recovery.admins, admins.machines) == ((), 0)


def test_one_push_that_may_belong_to_the_group_makes_the_path_unknown():
    pushes = [group_push(id="gPm1", status="INACTIVE"), group_push(id="gPm2", status="ACTIVE")]
    assert admins_of(group_push=pushes, pushed_groups=missing()).by_group.state is Tristate.UNKNOWN
    resting = admins_of(group_push=pushes[:1], pushed_groups=missing())
    assert resting.by_group.state is Tristate.DISPROVEN


def test_one_group_with_the_name_is_enough_and_case_does_not_matter():
    groups = [group(), group(id=9, name="Sailors")]
    admins = RuleContext(clean_snapshot(groups=groups)).admins
    assert admins.has_group("SAILORS")
    assert admins.has_group("unleash admins")
    assert not admins.has_group("Pilots")
