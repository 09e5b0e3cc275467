"""States of an Unleash instance, and the expected result of an audit for each.

A function creates its state, by the API if the open-source edition has one, otherwise in the
database, and returns the expected result.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.sandbox import World
from tests.support.peers.unleash_provisioning import people, provision, recovery_admin
from tests.support.peers.unleash_server import RealUnleash

STRONG = "Str0ng-Passw0rd!z"
FORBIDDEN = "forbidden"
UNLINKED = dict.fromkeys(("connector-auth-not-header", "scim-base-url-wrong"), "needs_attestation")
"""Without a linked account that can be read, nothing shows that a push arrived."""


@dataclass(frozen=True)
class Expected:
    """The differences from a correctly provisioned instance."""

    verdicts: Mapping[str, str] = field(default_factory=dict)
    because: Mapping[str, str] = field(default_factory=dict)
    """Rule id to a part of its reason, if the rule is unknown or not applicable."""

    subjects: Mapping[str, set[str]] = field(default_factory=dict)
    """Rule id to the subjects of its findings."""

    unseen: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    """What to audit with, unless it is the initial admin's."""


State = Callable[[World, RealUnleash], Expected]


def fresh(world: World, unleash: RealUnleash) -> Expected:
    """Only the initial admin exists, with the documented password."""
    del unleash
    return Expected(
        verdicts={"user-not-provisioned": "fail", **UNLINKED},
        subjects={
            "user-not-provisioned": set(world.app.assignments),
            "recovery-admin-at-risk": {"1"},
        },
    )


def scim_managed_people(world: World, unleash: RealUnleash) -> Expected:
    """All users are SCIM-managed, and a recovery admin is not."""
    provision(world, unleash)
    recovery_admin(unleash)
    return Expected(
        because={
            "group-push-failing": "no groups",
            "scim-disabled": "no SCIM",
            "scim-token-missing": "no SCIM",
            "sso-autocreate-with-scim": "no SCIM",
            "sso-identifier-differs": "neither SAML nor OIDC is on",
        },
        subjects={"unleash-too-old": {"instance"}, "admin-unreachable": set()},
    )


def sso_only_admins(world: World, unleash: RealUnleash) -> Expected:
    """All admins sign in by SAML: none has a password."""
    provision(world, unleash)
    unleash.create_user(email="sso.admin@elsewhere.example.org", role="Admin")
    unleash.execute("UPDATE users SET password_hash = NULL")
    unleash.set_setting("unleash.enterprise.auth.saml", {"enabled": True})
    return Expected(
        verdicts={"admin-unreachable": "fail"},
        subjects={"admin-unreachable": {"instance"}},
    )


def password_login_off(world: World, unleash: RealUnleash) -> Expected:
    """Password login is off, so the recovery admin cannot sign in."""
    provision(world, unleash)
    recovery_admin(unleash)
    unleash.set_password_login(False)
    return Expected(
        verdicts={"admin-unreachable": "fail"},
        subjects={"admin-unreachable": {"instance"}},
    )


def scim_managed_admins(world: World, unleash: RealUnleash) -> Expected:
    """Every admin is SCIM-managed, so the next sync removes the role."""
    provision(world, unleash)
    unleash.set_scim_id(1, "0000000000000000000ADMIN00")
    return Expected(
        verdicts={"admin-unreachable": "fail", "user-not-removed": "fail"},
        subjects={
            "admin-unreachable": {"instance"},
            "recovery-admin-at-risk": {"1"},
            "user-not-removed": {"1"},
        },
        token=unleash.admin_token,
        unseen={"unleash.own_tokens": FORBIDDEN},
    )


def whose_password_it_is(world: World, unleash: RealUnleash) -> Expected:
    """One of two admins has a password: possibly the SCIM-managed one."""
    person = next(iter(provision(world, unleash).values()))
    unleash.change_role(person, "Admin")
    return Expected(
        verdicts={"admin-unreachable": "unknown"},
        because={"admin-unreachable": "1 of 2 direct admins have one"},
        subjects={"admin-unreachable": set(), "recovery-admin-at-risk": {"1", str(person)}},
    )


def no_admin(world: World, unleash: RealUnleash) -> Expected:
    """There are users, and none of them is an admin."""
    provision(world, unleash)
    unleash.delete_user(1)
    return Expected(
        verdicts={"admin-unreachable": "fail", "recovery-admin-at-risk": "not_applicable"},
        because={"recovery-admin-at-risk": "no direct admin exists"},
        subjects={"admin-unreachable": {"instance"}},
        token=unleash.admin_token,
        unseen={"unleash.own_tokens": FORBIDDEN},
    )


def no_user(world: World, unleash: RealUnleash) -> Expected:
    """There is no user at all."""
    unleash.delete_user(1)
    return Expected(
        verdicts={
            "admin-unreachable": "fail",
            "recovery-admin-at-risk": "not_applicable",
            "user-not-provisioned": "fail",
            **UNLINKED,
        },
        subjects={
            "admin-unreachable": {"no-users"},
            "user-not-provisioned": set(world.app.assignments),
        },
        token=unleash.admin_token,
        unseen={"unleash.own_tokens": FORBIDDEN},
    )


def admins_by_group_only(world: World, unleash: RealUnleash) -> Expected:
    """A group has the Admin root role, left in the database by an Enterprise edition."""
    accounts = provision(world, unleash)
    unleash.make_group("Unleash Admins", "Admin", "0000000000000000000GROUP00", accounts.values())
    unleash.delete_user(1)
    return Expected(
        verdicts={"admin-unreachable": "fail", "recovery-admin-at-risk": "not_applicable"},
        subjects={"admin-unreachable": {"instance"}},
        token=unleash.admin_token,
        unseen={"unleash.own_tokens": FORBIDDEN},
    )


def scim_left_on(world: World, unleash: RealUnleash) -> Expected:
    """An earlier Enterprise edition left SCIM switched on."""
    provision(world, unleash)
    recovery_admin(unleash)
    unleash.set_setting("scim", {"enabled": True})
    return Expected(
        because=dict.fromkeys(
            ("scim-disabled", "scim-endpoint-down", "scim-token-missing"), "no SCIM"
        ),
        subjects={"unleash-too-old": {"instance"}},
    )


def a_viewers_token(world: World, unleash: RealUnleash) -> Expected:
    """The auditor may read only the names of the users."""
    provision(world, unleash)
    unleash.set_scim_id(unleash.create_user(username="viewer", password=STRONG), "x")
    unknown = ("admin-unreachable", "recovery-admin-at-risk", "unmanaged-user", "user-not-removed")
    return Expected(
        verdicts=dict.fromkeys((*unknown, "duplicate-identity", "login-mismatch"), "unknown")
        | UNLINKED,
        because=dict.fromkeys(unknown, "forbidden (403) at GET /api/admin/user-admin"),
        unseen=dict.fromkeys(("unleash.users", "unleash.admin_count", "unleash.events"), FORBIDDEN),
        token=unleash.login_pat("viewer", STRONG),
    )


def a_group_admins_token(world: World, unleash: RealUnleash) -> Expected:
    """The auditor is an admin only by a group: of the log, it reads only projects."""
    provision(world, unleash)
    auditor = unleash.create_user(username="auditor", password=STRONG)
    unleash.make_group("Auditors", "Admin", member_ids=[auditor])
    recovery_admin(unleash)
    return Expected(
        unseen={"unleash.events": FORBIDDEN},
        subjects={"unmanaged-user": set()},
        token=unleash.login_pat("auditor", STRONG),
    )


def many_people(world: World, unleash: RealUnleash) -> Expected:
    """Very many users, with one violation of each kind."""
    accounts = dict(unleash.add_viewers(people(world)))
    recovery_admin(unleash)
    absent, renamed, left = list(accounts)[100:103]
    ids = {person.login: person.id for person in world.okta.people.values()}
    unleash.delete_user(accounts[absent])
    unleash.execute("UPDATE users SET email = 'x@example.org' WHERE id = %s", accounts[renamed])
    world.deactivate_person(left)
    return Expected(
        verdicts={
            "login-mismatch": "fail",
            "user-not-provisioned": "fail",
            "user-not-removed": "fail",
        },
        subjects={
            "login-mismatch": {ids[renamed]},
            "user-not-provisioned": {ids[absent]},
            "user-not-removed": {str(accounts[left])},
        },
    )


STATES: tuple[State, ...] = (
    fresh,
    scim_managed_people,
    sso_only_admins,
    password_login_off,
    scim_managed_admins,
    whose_password_it_is,
    no_admin,
    no_user,
    admins_by_group_only,
    scim_left_on,
    a_viewers_token,
    a_group_admins_token,
    many_people,
)
