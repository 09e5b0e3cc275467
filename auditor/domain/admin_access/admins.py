"""The admins of Unleash, and whether one of them can sign in. Pure."""

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from auditor.domain.admin_access.direct_admins import DirectAdmin, Tried
from auditor.domain.admin_access.group_admins import AdminGroup, weigh_groups
from auditor.domain.admin_access.recovery import Recovery, weigh_recovery
from auditor.domain.collections import SERVICE_ACCOUNTS, USERS
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.people import People
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Claim, Tristate, any_of


class Admins(Struct, frozen=True, kw_only=True, dict=True):
    """The admins of Unleash, directly or through a group."""

    recovery: Recovery
    groups: tuple[AdminGroup, ...]
    by_group: Claim
    """A pushed group is an admin path."""

    machines: int = 0
    """Number of service accounts with the Admin root role; they work through the API only."""

    @property
    def reachable(self) -> Claim:
        """At least one admin path exists."""
        return any_of((self.recovery.reachable, self.by_group))

    @property
    def proven_groups(self) -> tuple[AdminGroup, ...]:
        """The groups that are a proven admin path."""
        return tuple(each for each in self.groups if each.reachable.state is Tristate.PROVEN)

    def has_group(self, name: str) -> bool:
        """Whether the group of that name has the Admin root role."""
        return any(
            normalize_login(each.group.name) == normalize_login(name) for each in self.groups
        )

    @cached_property
    def ids(self) -> frozenset[int]:
        """Unleash user ids of all known admins, direct or through a group."""
        direct = {each.account.id for each in self.recovery.admins}
        return frozenset(direct.union(*(each.group.member_ids or () for each in self.groups)))

    @cached_property
    def direct(self) -> Mapping[int, DirectAdmin]:
        """The direct admins by Unleash user id."""
        return {each.account.id: each for each in self.recovery.admins}


def weigh_admins(snapshot: Snapshot, people: People | None, tried: Tried) -> Admins:
    """Decide both admin paths. Missing data leaves a path unknown, never disproven.

    ``people`` is the join, or ``None`` if its data is missing.
    """
    by_group, groups = weigh_groups(snapshot, people)
    users, machines = snapshot.get(USERS), snapshot.get(SERVICE_ACCOUNTS) or ()
    role = users.admin_role_id if users else None
    return Admins(
        recovery=weigh_recovery(snapshot, tried),
        groups=groups,
        by_group=by_group,
        # Without the role id, an account without a role would equal it, and count as an admin.
        machines=sum(role is not None and each.root_role == role for each in machines),
    )
