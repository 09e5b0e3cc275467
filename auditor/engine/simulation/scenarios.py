"""Failures of the set-up as changed snapshots: each scenario breaks one thing. Pure.

A scenario changes only what its name states. A collection that could not be read stays missing, so
that what depends on it stays unknown.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from msgspec.structs import replace as changed

from auditor.domain.collections import (
    ADMIN_COUNT,
    GROUP_PUSH,
    GROUPS,
    INSTANCE,
    OIDC,
    PASSWORD_LOGIN,
    SAML,
    STATISTICS,
    USERS,
    Collection,
)
from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import Group, User

T = TypeVar("T")

ADOPTED_SCIM_ID = "adopted"
"""The SCIM id of an account that a sync has adopted in a scenario; only its presence matters."""

NO_ADMIN_ROLE = -1
"""The id of no root role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One failure, and the snapshot as it would read afterwards."""

    name: str
    """In kebab case, for scripts: ``okta-down``."""

    title: str
    worlds: tuple[Snapshot, ...]
    """Every snapshot that is possible afterwards; more than one when the effect is not certain."""

    passwordless: int | None = None
    """Unleash user id of an account whose attested sign-in by password no longer holds."""


def scenarios(context: RuleContext) -> Iterator[Scenario]:
    """Yield every scenario that the snapshot gives rise to, in a fixed order."""
    snapshot = context.snapshot
    yield Scenario(name="today", title="Today", worlds=(snapshot,))
    yield Scenario(name="okta-down", title="Okta is down", worlds=(_without_sso(snapshot),))
    yield _deactivated_app(snapshot)
    # The same world as with Okta down: both end sign-on through Okta, and neither affects a sign-in
    # by password. Each failure has a name of its own for readers.
    yield Scenario(
        name="sso-misconfigured", title="SSO is misconfigured", worlds=(_without_sso(snapshot),)
    )
    yield Scenario(
        name="password-login-off",
        title="Password login is switched off",
        worlds=(_without_password_login(snapshot),),
    )
    yield Scenario(
        name="admin-groups-emptied",
        title="The admin groups are emptied",
        worlds=(_with(snapshot, GROUPS, _emptied),),
    )
    yield Scenario(
        name="admin-group-push-failing",
        title="The push of the admin groups fails",
        worlds=(_with_pushes(snapshot, "ERROR"),),
    )
    yield from _without_single_admins(context)
    # A revoked token stops later pushes. It takes no access from the accounts that exist.
    yield Scenario(name="scim-token-revoked", title="The SCIM token is revoked", worlds=(snapshot,))
    yield Scenario(
        name="next-sync",
        title="The next sync runs as configured",
        worlds=_after_next_sync(context),
    )


def _with(snapshot: Snapshot, collection: Collection[T], change: Callable[[T], T]) -> Snapshot:
    """Return the snapshot with a changed collection; a missing one stays missing."""
    value = snapshot.get(collection)
    if value is None:
        return snapshot
    return replace(snapshot, read={**snapshot.read, collection.name: change(value)})


def _without_sso(snapshot: Snapshot) -> Snapshot:
    """Switch every sign-on through Okta off, in the settings and in the statistics."""
    for collection in (SAML, OIDC):
        snapshot = _with(snapshot, collection, lambda sso: changed(sso, enabled=False))
    return _with(
        snapshot,
        STATISTICS,
        lambda statistics: changed(statistics, saml_enabled=False, oidc_enabled=False),
    )


def _with_pushes(snapshot: Snapshot, status: str) -> Snapshot:
    return _with(
        snapshot, GROUP_PUSH, lambda pushes: tuple(changed(each, status=status) for each in pushes)
    )


def _deactivated_app(snapshot: Snapshot) -> Scenario:
    """Stop the pushes of the app, and the sign-on, unless another app provides it."""
    stopped = _with_pushes(snapshot, "INACTIVE")
    if snapshot.target.sso_app_id in {None, snapshot.target.app_id}:
        stopped = _without_sso(stopped)
    return Scenario(name="app-deactivated", title="The Okta app is deactivated", worlds=(stopped,))


def _without_password_login(snapshot: Snapshot) -> Snapshot:
    snapshot = _with(
        snapshot, INSTANCE, lambda instance: changed(instance, password_login_disabled=True)
    )
    snapshot = _with(snapshot, PASSWORD_LOGIN, lambda settings: changed(settings, disabled=True))
    return _with(
        snapshot,
        STATISTICS,
        lambda statistics: changed(statistics, password_login_enabled=False),
    )


def _emptied(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    # All groups: those without the Admin role give no admin access before either.
    return tuple(changed(each, member_ids=frozenset()) for each in groups)


def _without_single_admins(context: RuleContext) -> Iterator[Scenario]:
    """Yield what happens when one recovery admin is adopted, deleted or loses the password."""
    snapshot = context.snapshot
    for admin in context.admins.recovery.admins:
        account, label = admin.account, admin.account.label
        yield Scenario(
            name=f"adopted-{account.id}",
            title=f"{label} is adopted by SCIM",
            worlds=adopted_worlds(snapshot, {account.id}),
        )
        yield Scenario(
            name=f"deleted-{account.id}",
            title=f"{label} is deleted",
            worlds=_with_fewer_counted(_without_account(snapshot, account), 1),
        )
        yield Scenario(
            name=f"password-lost-{account.id}",
            title=f"The password of {label} is lost",
            worlds=(_without_password(snapshot, account),),
            passwordless=account.id,
        )


def _after_next_sync(context: RuleContext) -> tuple[Snapshot, ...]:
    """Adopt each direct admin whose email or username an assigned user has; SCIM can do so."""
    matched = {
        admin.account.id
        for admin in context.admins.recovery.admins
        if admin.owner is not None and not admin.account.is_scim_managed
    }
    return adopted_worlds(context.snapshot, matched)


def adopted_worlds(snapshot: Snapshot, ids: AbstractSet[int]) -> tuple[Snapshot, ...]:
    """Make accounts SCIM-managed. The sync can also reset their role to Viewer (Unleash's docs)."""
    if not ids:
        return (snapshot,)

    def replaced(**fields: Any) -> Snapshot:  # noqa: ANN401  (fields of a user)
        accounts = tuple(
            changed(each, **fields) if each.id in ids else each for each in snapshot[USERS].users
        )
        return _with(snapshot, USERS, lambda before: changed(before, users=accounts))

    keeps_role = replaced(scim_id=ADOPTED_SCIM_ID)
    loses_role = replaced(scim_id=ADOPTED_SCIM_ID, root_role=NO_ADMIN_ROLE)
    return (keeps_role, *_with_fewer_counted(loses_role, len(ids)))


def _without_account(snapshot: Snapshot, account: User) -> Snapshot:
    return _with(
        snapshot,
        USERS,
        lambda users: changed(
            users, users=tuple(each for each in users.users if each.id != account.id)
        ),
    )


def _with_fewer_counted(snapshot: Snapshot, number: int) -> tuple[Snapshot, ...]:
    """Count ``number`` admins fewer: as many with a password as possible, and as few as possible.

    No API shows who has a password. More remaining passwords never make sign-on less likely, so
    these two extremes enclose all other worlds.
    """
    count = snapshot.get(ADMIN_COUNT)
    if count is None:
        return (snapshot,)
    most, fewest = min(number, count.password), max(0, number - count.no_password)
    return tuple(
        _with(
            snapshot,
            ADMIN_COUNT,
            lambda before, removed=removed: changed(  # type: ignore[misc]  # bound per round
                before,
                password=before.password - removed,
                no_password=before.no_password - (number - removed),
            ),
        )
        for removed in sorted({most, fewest})
        if count.no_password >= number - removed
    )


def _without_password(snapshot: Snapshot, account: User) -> Snapshot:
    """Return the snapshot without an account among the direct admins, and without its password.

    The other counted passwords then belong to the other admins.
    """
    users, count = snapshot.get(USERS), snapshot.get(ADMIN_COUNT)
    if users is None or (count is not None and not count.password):
        return snapshot
    accounts = tuple(
        changed(each, root_role=NO_ADMIN_ROLE) if each.id == account.id else each
        for each in users.users
    )
    snapshot = _with(snapshot, USERS, lambda before: changed(before, users=accounts))
    return _with(
        snapshot, ADMIN_COUNT, lambda before: changed(before, password=before.password - 1)
    )
