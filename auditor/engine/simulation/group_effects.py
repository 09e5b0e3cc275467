"""Which members a pushed group gets and loses when Okta pushes it. Pure."""

from msgspec import Struct

from auditor.domain.collections import PUSHED_GROUPS
from auditor.domain.context import RuleContext
from auditor.domain.identity.group_counterpart import counterpart
from auditor.domain.identity.matching import IdentityLink
from auditor.domain.okta import AssignmentStatus, GroupPush
from auditor.domain.unleash import Group


class GroupEffects(Struct, frozen=True, kw_only=True):
    """The possible effects of the push of one group."""

    push_id: str
    name: str
    """The group in Unleash, or the group in Okta if no counterpart is known."""

    group_id: int | None
    """Id of the group in Unleash; ``None``: its counterpart is unknown."""

    added: tuple[int, ...] = ()
    """Ids of the accounts that become members."""

    removed: tuple[int, ...] = ()
    """Ids of the accounts that are no longer members. A STAGED user stays, because Okta does not
    send the removal."""

    undecided: str = ""
    """Why the members are unknown; empty: they are known."""


def simulate_group_push(context: RuleContext, push: GroupPush) -> GroupEffects:
    """Compute the members of the counterpart of ``push`` after a push.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the people or the groups are missing.
    """
    names = {each.id: each.name for each in context.get(PUSHED_GROUPS) or ()}
    name = names.get(push.source_group_id, push.source_group_id)
    group = counterpart(context.snapshot, push)
    if group is None:
        return GroupEffects(
            push_id=push.id,
            name=name,
            group_id=None,
            undecided="the group in Unleash was not identified",
        )
    expected, why = _members_after(context, push, group)
    if expected is None or group.member_ids is None:
        why = why or "the members of the group in Unleash are not listed"
        return GroupEffects(push_id=push.id, name=group.name, group_id=group.id, undecided=why)
    return GroupEffects(
        push_id=push.id,
        name=group.name,
        group_id=group.id,
        added=tuple(sorted(expected - group.member_ids)),
        removed=tuple(sorted(group.member_ids - expected)),
    )


def _members_after(
    context: RuleContext, push: GroupPush, group: Group
) -> tuple[frozenset[int] | None, str]:
    """Return the ids of the accounts that Okta sends, or ``None`` and why they are unknown."""
    sources = {each.id: each for each in context.get(PUSHED_GROUPS) or ()}
    source = sources.get(push.source_group_id)
    if source is None or source.member_ids is None:
        gap = source.members_gap if source else ""
        return None, gap or "the members of the group in Okta were not read"
    people = context.people
    if people.ids_unread:
        return None, "the SCIM ids of the accounts were not read"
    members = {
        person.account.id
        for person in people.persons
        if person.okta.user_id in source.member_ids
        and person.account
        # SCIM names the members of a group by their ids, so a user without this link is not sent.
        and person.basis is IdentityLink.SCIM_ID
    }
    # Okta does not send the removal of a STAGED user.
    members |= {
        person.account.id
        for person in people.persons
        if person.account
        and person.account.id in (group.member_ids or ())
        and person.okta.state is AssignmentStatus.ON_THE_WAY
        and person.okta.user_id not in source.member_ids
    }
    return frozenset(members), ""
