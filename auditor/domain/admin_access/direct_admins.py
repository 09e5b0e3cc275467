"""Direct admins, and which of them Okta can neither adopt nor lock out. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import UNSET, Struct
from msgspec.structs import replace

from auditor.domain.collections import ASSIGNMENTS, OTHER_ASSIGNMENTS, USERS
from auditor.domain.identity.exclusions import unread_source
from auditor.domain.identity.matching import carriers
from auditor.domain.okta import Assignment, AssignmentStatus
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Claim, all_of, disproven, proven, unknown
from auditor.domain.unleash import User
from auditor.domain.waivers import Attestation

Tried = Callable[[User], Attestation | None]
"""Who vouches, if anybody, that an account was tried and lets an admin in."""


class DirectAdmin(Struct, frozen=True, kw_only=True):
    """An account that holds the Admin root role itself."""

    account: User
    eligible: Claim
    """It is outside SCIM, not assigned, and carries nobody's email or login."""

    owner: Assignment | None = None
    """The assigned person whose email, login or username it carries."""

    tried: Attestation | None = None


def direct_admins(snapshot: Snapshot, tried: Tried) -> Iterator[DirectAdmin]:
    """Weigh each direct admin as a recovery account; none when they could not be listed."""
    users = snapshot.get(USERS)
    if users is None or users.admin_role_id is None:
        return
    accounts = [each for each in users.users if each.root_role == users.admin_role_id]
    owners = _owners(snapshot, accounts)
    unread = _unread_assignments(snapshot)
    for account in accounts:
        owner = owners.get(account.id)
        eligible = all_of(_outside_scim(account), _unassigned(account, owner, unread))
        yield DirectAdmin(account=account, eligible=eligible, owner=owner, tried=tried(account))


def _outside_scim(account: User) -> Claim:
    if account.scim_id is UNSET:
        return unknown(f"whether SCIM manages {account.label} is not said")
    if account.scim_id is None:
        return proven(f"{account.label} is outside SCIM")
    return disproven(f"{account.label} is managed by SCIM")


def _unassigned(
    account: User, owner: Assignment | None, unread: MissingDataReason | Undecidable | None
) -> Claim:
    if owner:
        return disproven(f"{account.label} is assigned in Okta, to {owner.label}")
    if unread:
        return unknown(replace(unread, what=f"whether {account.label} is assigned in Okta"))
    return proven(f"{account.label} is nobody's account in Okta")


def _unread_assignments(snapshot: Snapshot) -> MissingDataReason | Undecidable | None:
    """Return why it is not known of everybody in Okta what they are called."""
    if reason := snapshot.missing_reason(ASSIGNMENTS):
        return reason
    if missing := unread_source(snapshot):
        return MissingDataReason(collection=OTHER_ASSIGNMENTS.name, missing=missing)
    nameless = sum(okta.login is None for okta in _assigned(snapshot))
    return Undecidable(why=f"{nameless} assignments name no login") if nameless else None


def _owners(snapshot: Snapshot, accounts: Sequence[User]) -> Mapping[int, Assignment]:
    """Find the assigned people who carry the accounts' emails or usernames, by Unleash user id.

    One who may still come counts before one whose assignment has ended.
    """
    owners: dict[int, Assignment] = {}
    for account, okta in carriers(_assigned(snapshot), accounts):
        before = owners.get(account.id)
        if before is None or before.state is AssignmentStatus.INACTIVE:
            owners[account.id] = okta
    return owners


def _assigned(snapshot: Snapshot) -> tuple[Assignment, ...]:
    return (*(snapshot.get(ASSIGNMENTS) or ()), *(snapshot.get(OTHER_ASSIGNMENTS) or ()))
