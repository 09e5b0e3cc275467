"""The second way in: a group of admins that Okta pushes, with somebody in it. Pure."""

from typing import Any

from msgspec import UNSET, Struct

from auditor.domain.collections import (
    ACCESS,
    ASSIGNMENTS,
    GROUP_PUSH,
    GROUPS,
    OIDC,
    PUSHED_GROUPS,
    SAML,
    USERS,
    Collection,
    MissingReason,
)
from auditor.domain.identity.matching import normalize_login
from auditor.domain.identity.people import People
from auditor.domain.okta import AssignmentStatus, GroupPush
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Claim, all_of, any_of, disproven, proven, unknown
from auditor.domain.unleash import Group, SsoSettings
from auditor.domain.unleash_settings import has_single_sign_on


class AdminGroup(Struct, frozen=True, kw_only=True):
    """A group whose root role is Admin."""

    group: Group
    reachable: Claim
    """Okta pushes it and somebody in it can log in."""


def weigh_groups(snapshot: Snapshot, people: People | None) -> tuple[Claim, tuple[AdminGroup, ...]]:
    """Find out whether a pushed group lets an admin in; ``people``: the join, if there is one."""
    if (gap := snapshot.lacks(GROUPS)) and gap.why is MissingReason.NOT_ON_THIS_EDITION:
        return disproven("this edition of Unleash has no groups"), ()
    users, access = snapshot.get(USERS), snapshot.get(ACCESS)
    groups = snapshot.get(GROUPS)
    if groups is None:
        if access is None:
            return unknown(_unread(snapshot, GROUPS, "which groups exist")), ()
        groups = access.groups
    if users is None or users.admin_role_id is None:
        what = "which groups are of admins"
        undecidable = Undecidable(what=what, why=f"{USERS} names no role Admin")
        return unknown(snapshot.missing_reason(USERS, what) or undecidable), ()
    admin_groups = tuple(
        AdminGroup(group=group, reachable=_is_way_in(snapshot, group, people))
        for group in groups
        if group.root_role == users.admin_role_id
    )
    reachable = any_of(
        (each.reachable for each in admin_groups), otherwise="no group has the Admin root role"
    )
    return reachable, admin_groups


def _is_way_in(snapshot: Snapshot, group: Group, people: People | None) -> Claim:
    return all_of(
        _managed_by_scim(group),
        _pushed(snapshot, group),
        _has_active_member(snapshot, group, people),
        _sso_works(snapshot),
    )


def _managed_by_scim(group: Group) -> Claim:
    if group.scim_id is UNSET:
        return unknown(f"whether SCIM manages the group {group.name} is not said")
    if group.scim_id is None:
        return disproven(f"the group {group.name} is not managed by SCIM")
    return proven(f"the group {group.name} is managed by SCIM")


def _pushed(snapshot: Snapshot, group: Group) -> Claim:
    """Find the group's push mappings: group push goes by name."""
    pushes, pushed = snapshot.get(GROUP_PUSH), snapshot.get(PUSHED_GROUPS)
    if pushes is None:
        return unknown(_unread(snapshot, GROUP_PUSH, f"whether {group.name} is pushed"))
    if pushed is None and any(push.status not in {"INACTIVE", "ERROR"} for push in pushes):
        return unknown(_unread(snapshot, PUSHED_GROUPS, f"whether {group.name} is pushed"))
    sources = {
        each.id
        for each in pushed or ()
        if normalize_login(each.name) == normalize_login(group.name)
    }
    return any_of(
        (_is_active(push, group) for push in pushes if push.source_group_id in sources),
        otherwise=f"Okta pushes no group of the name {group.name}",
    )


def _is_active(push: GroupPush, group: Group) -> Claim:
    if push.status == "ACTIVE":
        return proven(f"Okta pushes the group {group.name}")
    if push.status in {"INACTIVE", "ERROR"}:
        return disproven(f"the push of the group {group.name} is {push.status}")
    return unknown(f"the push of the group {group.name} is {push.status or 'in no known state'}")


def _has_active_member(snapshot: Snapshot, group: Group, people: People | None) -> Claim:
    if group.member_ids is None:
        return unknown(f"who is in the group {group.name} is not said")
    listed = [each.id for each in snapshot[USERS].users if each.id in group.member_ids]
    if listed and people is None:
        return unknown(_unread(snapshot, ASSIGNMENTS, f"who in {group.name} is active in Okta"))
    standings = {_standing(people, account_id) for account_id in listed if people}
    if AssignmentStatus.ACTIVE in standings:
        return proven(f"somebody in the group {group.name} is active")
    if AssignmentStatus.UNKNOWN in standings:
        return unknown(f"whether anybody in the group {group.name} is active in Okta")
    return disproven(f"nobody in the group {group.name} is active in Okta")


def _standing(people: People, account_id: int) -> AssignmentStatus:
    person = people.by_account_id.get(account_id)
    if person:
        return person.okta.state
    perhaps = account_id in people.ambiguous or account_id in people.elsewhere
    return AssignmentStatus.UNKNOWN if perhaps else AssignmentStatus.INACTIVE


def _sso_works(snapshot: Snapshot) -> Claim:
    """Tell whether pushed members, who have no password, can log in."""
    saml = _is_on(snapshot, SAML, has_single_sign_on(snapshot, "saml"))
    return any_of((saml, _is_on(snapshot, OIDC, has_single_sign_on(snapshot, "oidc"))))


def _is_on(snapshot: Snapshot, sso: Collection[SsoSettings], answer: bool | None) -> Claim:  # noqa: FBT001  (a reading, no switch)
    name = "SAML" if sso is SAML else "OIDC"
    if answer is None:
        what = f"whether {name} is on"
        undecidable = Undecidable(what=what, why=f"{sso} does not state it")
        return unknown(snapshot.missing_reason(sso, what) or undecidable)
    return proven(f"{name} is on") if answer else disproven(f"{name} is off")


def _unread(snapshot: Snapshot, collection: Collection[Any], what: str) -> MissingDataReason:
    return MissingDataReason(
        collection=collection.name, missing=snapshot.why_missing(collection), what=what
    )
