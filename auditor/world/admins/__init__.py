"""An admin is always reachable: who administers Unleash, and the two ways in. Pure.

A way in is proven, disproven or unknown. One that is proven will do, whatever the other is;
only when both are disproven is there no way in. Tokens and service accounts reach the API only
and are no way in.
"""

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from auditor.world.admins.eligible import DirectAdmin, Tried
from auditor.world.admins.groups import AdminGroup, weigh_groups
from auditor.world.admins.recovery import Recovery, weigh_recovery
from auditor.world.claim import Claim, Proof, some
from auditor.world.matching import fold
from auditor.world.people import People
from auditor.world.snapshot import SERVICE_ACCOUNTS, USERS, Snapshot

__all__ = ["AdminGroup", "Admins", "DirectAdmin", "Recovery", "Tried", "weigh_admins"]


class Admins(Struct, frozen=True, kw_only=True, dict=True):
    """Who administers Unleash, directly or through a group."""

    recovery: Recovery
    groups: tuple[AdminGroup, ...]
    by_group: Claim
    """A pushed group lets an admin in."""

    machines: int = 0
    """Service accounts that are admins: a way in by API only, which is none."""

    @property
    def reachable(self) -> Claim:
        """Somebody can get in as an admin, whatever happens to a single account."""
        return some((self.recovery.reachable, self.by_group))

    @property
    def proven_groups(self) -> tuple[AdminGroup, ...]:
        """The groups that are a way in for certain."""
        return tuple(each for each in self.groups if each.reachable.proof is Proof.PROVEN)

    def has_group(self, name: str) -> bool:
        """Tell whether the group of that name makes admins of its members."""
        return any(fold(each.group.name) == fold(name) for each in self.groups)

    @cached_property
    def ids(self) -> frozenset[int]:
        """Unleash user ids of all known admins, by their own role or by a group's."""
        direct = {each.account.id for each in self.recovery.admins}
        return frozenset(direct.union(*(each.group.member_ids or () for each in self.groups)))

    @cached_property
    def direct(self) -> Mapping[int, DirectAdmin]:
        """The direct admins by Unleash user id."""
        return {each.account.id: each for each in self.recovery.admins}


def weigh_admins(snapshot: Snapshot, people: People | None, tried: Tried) -> Admins:
    """Weigh every way in; what was not seen leaves a claim unknown, never disproven.

    ``people`` is the join, or ``None`` where it could not be made.
    """
    by_group, groups = weigh_groups(snapshot, people)
    users, machines = snapshot.get(USERS), snapshot.get(SERVICE_ACCOUNTS) or ()
    role = users.admin_role_id if users else None
    return Admins(
        recovery=weigh_recovery(snapshot, tried),
        groups=groups,
        by_group=by_group,
        machines=sum(role is not None and each.root_role == role for each in machines),
    )
