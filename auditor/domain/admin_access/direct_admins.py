"""Direct admins, and which of them are eligible as recovery admins. Pure.

``admin-unreachable``, ``recovery-admin-at-risk`` and ``unmanaged-user`` share this definition.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import UNSET, Struct
from msgspec.structs import replace

from auditor.domain.collections import ASSIGNMENTS, OTHER_ASSIGNMENTS, USERS
from auditor.domain.identity.exclusions import unread_source
from auditor.domain.identity.matching import carriers
from auditor.domain.okta import Assignment
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Claim, all_of, disproven, proven, unknown
from auditor.domain.unleash import User
from auditor.domain.waivers import Attestation
from auditor.text import count

Tried = Callable[[User], Attestation | None]
"""Returns the attestation of a sign-in with an account; ``None``: there is none."""


class DirectAdmin(Struct, frozen=True, kw_only=True):
    """An account that holds the Admin root role itself."""

    account: User
    eligible: Claim
    """It is outside SCIM, and no user with a live assignment has its email or username."""

    owner: Assignment | None = None
    """The user with a live or unknown assignment who has its email, login or username."""

    tried: Attestation | None = None


def direct_admins(snapshot: Snapshot, tried: Tried) -> Iterator[DirectAdmin]:
    """Yield each direct admin with its eligibility; none when the user list could not be read."""
    users = snapshot.get(USERS)
    if users is None or users.admin_role_id is None:
        return
    accounts = users.admins
    owners = _owners(snapshot, accounts)
    unread = _unread_assignments(snapshot)
    for account in accounts:
        owner = owners.get(account.id)
        eligible = all_of(_outside_scim(account), _unassigned(account, owner, unread))
        yield DirectAdmin(account=account, eligible=eligible, owner=owner, tried=tried(account))


def _outside_scim(account: User) -> Claim:
    if account.scim_id is UNSET:
        return unknown(f"it is unknown whether SCIM manages {account.label}")
    if account.scim_id is None:
        return proven(f"SCIM does not manage {account.label}")
    return disproven(f"SCIM manages {account.label}")


def _unassigned(
    account: User, owner: Assignment | None, unread: MissingDataReason | Undecidable | None
) -> Claim:
    if owner and owner.is_live:
        return disproven(f"{account.label} has the email or username of {owner.label} in Okta")
    # A status that Okta adds later can be a live one, so it proves neither.
    if owner:
        why = f"the assignment status {owner.status} of {owner.label} is unknown"
        return unknown(Undecidable(what=f"whether {account.label} is assigned in Okta", why=why))
    # Asked last: an owner that was found decides, even if other data could not be read.
    if unread:
        return unknown(replace(unread, what=f"whether {account.label} is assigned in Okta"))
    return proven(f"{account.label} is not assigned in Okta")


def _unread_assignments(snapshot: Snapshot) -> MissingDataReason | Undecidable | None:
    """Return why an overlap with an assigned user cannot be excluded."""
    if reason := snapshot.missing_reason(ASSIGNMENTS):
        return reason
    if missing := unread_source(snapshot):
        return MissingDataReason(collection=OTHER_ASSIGNMENTS.name, missing=missing)
    # The join is by login and email, so such an assignment can be that of any admin.
    nameless = sum(okta.login is None and not okta.has_ended for okta in _assigned(snapshot))
    if not nameless:
        return None
    return Undecidable(
        why=f"{count(nameless, 'Okta assignment has', 'Okta assignments have')} no login, so an "
        "overlap is unknown"
    )


def _owners(snapshot: Snapshot, accounts: Sequence[User]) -> Mapping[int, Assignment]:
    """Return the users who have the emails or usernames of the accounts, by Unleash user id.

    A live assignment counts before one of unknown status. An assignment that has ended gives no
    owner: SCIM pushes nothing for it.
    """
    owners: dict[int, Assignment] = {}
    for account, okta in carriers(_assigned(snapshot), accounts):
        before = owners.get(account.id)
        if not okta.has_ended and (before is None or not before.is_live):
            owners[account.id] = okta
    return owners


def _assigned(snapshot: Snapshot) -> Iterator[Assignment]:
    # Another app that provisions the same Unleash can take over an account in the same way.
    assignments, others = snapshot.get(ASSIGNMENTS), snapshot.get(OTHER_ASSIGNMENTS)
    return chain(assignments or (), others or ())
