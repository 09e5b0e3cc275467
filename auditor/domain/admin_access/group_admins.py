"""The second admin path: a pushed admin group with a member who can sign in. Pure."""

from typing import Any

from msgspec import UNSET, Struct

from auditor.domain.admin_access.asserted_identifier import asserted_identifier
from auditor.domain.collections import (
    ACCESS,
    APP,
    ASSIGNMENTS,
    GROUP_PUSH,
    GROUPS,
    OIDC,
    PUSHED_GROUPS,
    SAML,
    SSO_APP,
    USERS,
    Collection,
    MissingReason,
)
from auditor.domain.identity.comparison import is_same_login
from auditor.domain.identity.group_counterpart import counterpart
from auditor.domain.identity.people import People
from auditor.domain.okta import AssignmentStatus, GroupPush
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Claim, all_of, any_of, disproven, proven, unknown
from auditor.domain.unleash import Group, User
from auditor.domain.unleash_settings import read_single_sign_on


class AdminGroup(Struct, frozen=True, kw_only=True):
    """A group whose root role is Admin."""

    group: Group
    reachable: Claim
    """Okta pushes the group, and at least one member can sign in."""


def weigh_groups(snapshot: Snapshot, people: People | None) -> tuple[Claim, tuple[AdminGroup, ...]]:
    """Decide whether a pushed group is an admin path; ``people``: the join, if there is one."""
    # This is known data, not missing data: without groups, the path cannot exist.
    if (gap := snapshot.lacks(GROUPS)) and gap.why is MissingReason.NOT_ON_THIS_EDITION:
        return disproven("this edition of Unleash has no groups"), ()
    users, access = snapshot.get(USERS), snapshot.get(ACCESS)
    groups = snapshot.get(GROUPS)
    if groups is None:
        if access is None:
            return unknown(_unread(snapshot, GROUPS, "which groups exist")), ()
        # Any token may read /access. It has the root role of each group, but not the members.
        groups = access.groups
    if users is None or users.admin_role_id is None:
        what = "which groups have the Admin root role"
        undecidable = Undecidable(what=what, why=f"{USERS} contains no root role Admin")
        return unknown(snapshot.missing_reason(USERS, what) or undecidable), ()
    admin_groups = tuple(
        AdminGroup(group=group, reachable=_is_path(snapshot, group, people))
        for group in groups
        if group.root_role == users.admin_role_id
    )
    reachable = any_of(
        (each.reachable for each in admin_groups), otherwise="no group has the Admin root role"
    )
    return reachable, admin_groups


def _is_path(snapshot: Snapshot, group: Group, people: People | None) -> Claim:
    return all_of(
        _managed_by_scim(group),
        _pushed(snapshot, group),
        _sso_works(snapshot),
        _has_member_who_can_sign_in(snapshot, group, people),
    )


def _managed_by_scim(group: Group) -> Claim:
    if group.scim_id is UNSET:
        why = f"it is unknown whether SCIM manages the group {group.name}"
        return unknown(Undecidable(why=why, lacking=GROUPS.name))
    if group.scim_id is None:
        return disproven(f"SCIM does not manage the group {group.name}")
    return proven(f"SCIM manages the group {group.name}")


def _pushed(snapshot: Snapshot, group: Group) -> Claim:
    """Find the active pushes whose counterpart is ``group``."""
    what = f"whether the group {group.name} is pushed"
    pushes = snapshot.get(GROUP_PUSH)
    if pushes is None:
        return unknown(_unread(snapshot, GROUP_PUSH, what))
    # A status that Okta does not document can be that of a working push.
    candidates = [each for each in pushes if each.status not in {"INACTIVE", "ERROR"}]
    # The counterpart is found by the name of the pushed group. If no push can work, no name is
    # needed.
    if snapshot.get(PUSHED_GROUPS) is None and candidates:
        return unknown(_unread(snapshot, PUSHED_GROUPS, what))
    found = [(push, counterpart(snapshot, push)) for push in pushes]
    claims = [_is_active(push, group) for push, other in found if other and other.id == group.id]
    # A push without an identified counterpart can be the push of this group.
    unidentified = [push for push, other in found if other is None and push in candidates]
    if not claims and unidentified:
        ids = ", ".join(push.id for push in unidentified)
        return unknown(Undecidable(what=what, why=f"no counterpart was found for the push {ids}"))
    return any_of(claims, otherwise=f"Okta does not push the group {group.name}")


def _is_active(push: GroupPush, group: Group) -> Claim:
    if push.status == "ACTIVE":
        return proven(f"the group {group.name} is pushed")
    if push.status in {"INACTIVE", "ERROR"}:
        status = "inactive" if push.status == "INACTIVE" else "in error"
        return disproven(f"the push of the group {group.name} is {status}")
    return unknown(f"the push status {push.status or 'of Okta'} of {group.name} is unknown")


def _has_member_who_can_sign_in(snapshot: Snapshot, group: Group, people: People | None) -> Claim:
    if group.member_ids is None:
        why = f"the members of the group {group.name} are not listed"
        return unknown(Undecidable(why=why, lacking=GROUPS.name))
    # Unleash lists active accounts only, so a member who is not listed cannot sign in.
    listed = [each for each in snapshot[USERS].users if each.id in group.member_ids]
    if listed and people is None:
        what = f"which members of the group {group.name} are active in Okta"
        return unknown(_unread(snapshot, ASSIGNMENTS, what))
    claims = [_can_sign_in(snapshot, account, people) for account in listed if people]
    # One sentence for readers, instead of one for each disproven member.
    if claims and not any(claim.state.value for claim in claims):
        return disproven(
            f'the group "{group.name}" is pushed, but none of its {len(claims)} members is active '
            "and has the email that SSO asserts"
        )
    return any_of(claims, otherwise=f"the group {group.name} has no member")


def _can_sign_in(snapshot: Snapshot, account: User, people: People) -> Claim:  # noqa: PLR0911  (a table of cases)
    """Compare the account's email with the identifier that SSO asserts for its user."""
    person = people.by_account_id.get(account.id)
    if person is None:
        # The assignment that belongs to this account can be one of several, or one of another app.
        if account.id in people.ambiguous or account.id in people.elsewhere:
            return unknown(f"it is unknown which Okta user {account.label} is")
        return disproven(f"{account.label} is not assigned in Okta")
    if person.okta.state is AssignmentStatus.UNKNOWN:
        return unknown(f"it is unknown whether {person.okta.label} is active in Okta")
    if not person.okta.is_active:
        return disproven(f"{person.okta.label} is not active in Okta")
    asserted = asserted_identifier(snapshot, person.okta)
    matches = is_same_login(asserted.value, account.email)
    what = f"whether {person.okta.label} can sign in"
    if asserted.value is None:
        why = "the identifier that SSO asserts is unknown"
        return unknown(Undecidable(what=what, why=why, lacking=_missing_sign_on(snapshot)))
    # An inferred identifier alone is no proof: the login must be the same value.
    if matches and asserted.is_inferred and not is_same_login(asserted.value, person.okta.login):
        why = "that OIDC asserts the primary email is inferred, and the login differs from it"
        return unknown(Undecidable(what=what, why=why))
    if matches:
        return proven(f"{person.okta.label} can sign in through SSO")
    # An inferred identifier disproves nothing either: if OIDC asserts the login, the user can sign
    # in.
    if asserted.is_inferred and is_same_login(person.okta.login, account.email):
        why = "that OIDC asserts the primary email is inferred, and the account has the login"
        return unknown(Undecidable(what=what, why=why))
    return disproven(f"{person.okta.label} does not have the email that SSO asserts")


def _sso_works(snapshot: Snapshot) -> Claim:
    """Members of a pushed group have no password, so they need SAML or OIDC."""
    claims = []
    for way, name in (("saml", "SAML"), ("oidc", "OIDC")):
        setting = read_single_sign_on(snapshot, "saml" if way == "saml" else "oidc")
        if setting.is_on is None:
            reason = setting.reason or Undecidable(why=f"it is unknown whether {name} is on")
            claims.append(unknown(reason))
        else:
            claims.append(proven(f"{name} is on") if setting.is_on else disproven(f"{name} is off"))
    return any_of(claims)


def _unread(snapshot: Snapshot, collection: Collection[Any], what: str) -> MissingDataReason:
    return MissingDataReason(
        collection=collection.name, missing=snapshot.why_missing(collection), what=what
    )


def _missing_sign_on(snapshot: Snapshot) -> str | None:
    needed = (SAML, OIDC, SSO_APP if snapshot.target.sso_app_id else APP)
    return next((each.name for each in needed if snapshot.lacks(each)), None)
