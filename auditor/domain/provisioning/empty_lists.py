"""Empty lists that other data contradicts: a service can answer without its rows. Pure.

Such a list counts as missing data, so that nothing opens and nothing resolves because of it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from auditor.domain.collections import (
    ACCESS,
    APP_GROUPS,
    ASSIGNMENTS,
    GROUP_PUSH,
    GROUPS,
    LOG,
    MAPPINGS,
    PUSHED_GROUPS,
    USERS,
    Collection,
    MissingData,
    MissingReason,
)
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.group_counterpart import counterpart
from auditor.domain.okta import AssignmentStatus, GroupPush, Log, LogEvent, PushedGroup
from auditor.domain.provisioning.log_events.event_meanings import EventProof, proof_of
from auditor.domain.provisioning.log_events.log_facts import LogFacts
from auditor.domain.snapshot import Snapshot
from auditor.text import count

ASSIGNED = frozenset({EventProof.ASSIGNMENT_CHANGED, EventProof.USER_CREATED})
"""Proofs that a user is assigned."""

STILL_ASSIGNED = frozenset({EventProof.USER_UPDATED})
"""Proofs that a user was assigned, but not after an end: a push can be queued before the end."""

ENDED = frozenset({EventProof.ASSIGNMENT_REMOVED, EventProof.USER_REMOVED})

BY_GROUP = "GROUP"
"""The scope of an assignment that a group causes."""


GROUP_PUSH_PATH = "GET /api/v1/apps/{id}/group-push/mappings"


MAX_EVIDENCE_AGE = timedelta(days=90)
"""An end that Okta logs in no documented event, such as that of a deleted group, counts after it.

So no list stays missing for ever. Okta keeps its log for the same time."""


def without_contradicted_lists(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot; each empty list that other data of it contradicts is missing."""
    snapshot = without_assignments_that_the_log_contradicts(snapshot)
    snapshot = without_pushes_that_the_log_contradicts(snapshot)
    snapshot = without_groups_that_assignments_contradict(snapshot)
    return without_members_that_unleash_contradicts(snapshot)


def without_assignments_that_the_log_contradicts(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot; an empty list of assignments is missing if the log shows users.

    Okta logs each assignment, each push and each end of an assignment.
    """
    log = snapshot.get(LOG)
    if log is None or snapshot.get(ASSIGNMENTS) != ():
        return snapshot
    users = _assigned_users(log, snapshot.target.app_id)
    if not users:
        return snapshot
    detail = f"the list is empty, but the System Log shows {count(len(users), 'assigned user')}"
    return _without(snapshot, ASSIGNMENTS, "GET /api/v1/apps/{id}/users", detail)


def without_pushes_that_the_log_contradicts(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot; an empty list of group pushes is missing if the log shows pushed groups.

    Okta logs each push of a group, and each change and each end of a group push.
    """
    log = snapshot.get(LOG)
    if log is None or snapshot.get(GROUP_PUSH) != ():
        return snapshot
    since = max(_complete_since(log), snapshot.taken_at - MAX_EVIDENCE_AGE)
    groups = _pushed_groups(log, snapshot.target.app_id, since)
    if not groups:
        return snapshot
    detail = f"the list is empty, but the System Log shows {count(len(groups), 'pushed group')}"
    return _without(snapshot, GROUP_PUSH, GROUP_PUSH_PATH, detail)


def without_groups_that_assignments_contradict(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot; an empty list of assigned groups is missing if a group assigns users."""
    if snapshot.get(APP_GROUPS) != ():
        return snapshot
    number = sum(each.scope == BY_GROUP for each in snapshot.get(ASSIGNMENTS) or ())
    if not number:
        return snapshot
    users = count(number, "user")
    detail = f"the list is empty, but Okta lists {users} that a group assigns"
    return _without(snapshot, APP_GROUPS, "GET /api/v1/apps/{id}/groups", detail)


def without_members_that_unleash_contradicts(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot; an empty list of members does not count if Unleash lists members.

    This is a contradiction only if Okta pushed the group after the last change of its members.
    Okta does not send the removal of a STAGED user, so only users who are active in Okta count.
    """
    groups, pushes = snapshot.get(PUSHED_GROUPS), snapshot.get(GROUP_PUSH)
    if not groups or not pushes:
        return snapshot
    by_source = {each.source_group_id: each for each in pushes}
    found = tuple(
        _without_members(snapshot, each, push) if (push := by_source.get(each.id)) else each
        for each in groups
    )
    if found == groups:
        return snapshot
    return replace(snapshot, read={**snapshot.read, PUSHED_GROUPS.name: found})


def _without_members(snapshot: Snapshot, group: PushedGroup, push: GroupPush) -> PushedGroup:
    if group.member_ids != frozenset():
        return group
    is_pushed = (
        push.last_push_at is not None
        and group.members_changed_at is not None
        and push.last_push_at > group.members_changed_at
    )
    number = _active_members_in_unleash(snapshot, push) if is_pushed else 0
    if not number:
        return group
    members = count(number, "active user")
    why = (
        f"Okta lists no member, but Unleash lists {members} of Okta, and Okta pushed the group "
        "after the last change of its members"
    )
    return structs.replace(group, member_ids=None, members_gap=why)


def _active_members_in_unleash(snapshot: Snapshot, push: GroupPush) -> int:
    """Return how many members of the counterpart are linked to an active assignment by their id."""
    if GROUPS.name not in snapshot.read and ACCESS.name not in snapshot.read:
        return 0
    other, users = counterpart(snapshot, push), snapshot.get(USERS)
    if other is None or users is None:
        return 0
    active = {
        each.external_id
        for each in snapshot.get(ASSIGNMENTS) or ()
        if each.state is AssignmentStatus.ACTIVE
    }
    ids = other.member_ids or frozenset()
    return sum(
        each.id in ids and bool(each.scim_id) and each.scim_id in active for each in users.users
    )


def without_pushes_that_vanished(snapshot: Snapshot, found_at: datetime | None) -> Snapshot:
    """Return the snapshot; an empty list of group pushes is missing if none was changed.

    ``found_at``: when the last complete read found group pushes; ``None``: it found none, or there
    was none. Okta logs each end of a group push.
    """
    if not _vanished(snapshot, GROUP_PUSH, found_at, EventProof.GROUP_PUSH_CHANGED):
        return snapshot
    detail = "the list is empty, but the System Log shows no change of a group push"
    return _without(snapshot, GROUP_PUSH, GROUP_PUSH_PATH, detail)


def without_mappings_that_vanished(snapshot: Snapshot, found_at: datetime | None) -> Snapshot:
    """Return the snapshot; an empty list of mappings is missing if none was changed.

    ``found_at``: when the last complete read found mappings; ``None``: it found none, or there was
    none. Okta logs each change of a mapping.
    """
    if not _vanished(snapshot, MAPPINGS, found_at, EventProof.MAPPING_CHANGED):
        return snapshot
    detail = "the list is empty, but the System Log shows no change of a mapping"
    return _without(snapshot, MAPPINGS, "GET /api/v1/mappings", detail)


def without_log_that_lost_events(snapshot: Snapshot, facts: LogFacts | None) -> Snapshot:
    """Return the snapshot; a log without any event is missing if events of its time are known.

    Okta keeps its log for 90 days, so an event that was read before is there.
    """
    log = snapshot.get(LOG)
    if log is None or log.events or facts is None:
        return snapshot
    app_id = snapshot.target.app_id
    known = sum(_is_of(event, app_id) and event.published_at >= log.since for event in facts.events)
    if not known:
        return snapshot
    detail = f"the list is empty, but {count(known, 'event')} of this time {_are(known)} known"
    return _without(snapshot, LOG, "GET /api/v1/logs", detail)


def _assigned_users(log: Log, app_id: str) -> frozenset[str]:
    """Return the users of the app whose last event is no end of the assignment, by one key."""
    since = _complete_since(log)
    assigned: dict[str, frozenset[str]] = {}
    ended: set[str] = set()
    for event in log.known:
        proof = proof_of(event)
        if proof not in ASSIGNED | STILL_ASSIGNED | ENDED or not _is_of(event, app_id):
            continue
        if event.published_at < since:  # the end of the assignment can be in the unread part
            continue
        keys = _keys_of(event)
        if proof in STILL_ASSIGNED and keys & ended:
            continue
        # Events can name one user by different keys: merged, so that an end by login ends them all.
        for name in [name for name, known in assigned.items() if known & keys]:
            keys |= assigned.pop(name)
        if proof in ENDED:
            ended |= keys
        elif keys:
            ended -= keys
            assigned[min(keys)] = keys
    return frozenset(assigned)


def _pushed_groups(log: Log, app_id: str, since: datetime) -> frozenset[str]:
    """Return the ids of the groups whose last event is a push, and no change of the push."""
    pushed: set[str] = set()
    for event in log.known:
        if event.published_at < since or not _is_of(event, app_id):
            continue
        proof = proof_of(event)
        ids = {each.id for each in event.targets if each.id != app_id}
        if proof is EventProof.GROUP_PUSHED:
            pushed |= ids
        elif proof is EventProof.GROUP_PUSH_CHANGED:
            # without a group, it is unknown which push was changed
            pushed = pushed - ids if ids else set()
    return frozenset(pushed)


def _vanished(
    snapshot: Snapshot, collection: Collection[Any], found_at: datetime | None, end: EventProof
) -> bool:
    """Whether a list is empty that had rows at ``found_at``, and the log since then has no end.

    The log decides this only for the time that it covers without a gap.
    """
    log = snapshot.get(LOG)
    if found_at is None or log is None or snapshot.get(collection) != ():
        return False
    if found_at < max(_complete_since(log), snapshot.taken_at - MAX_EVIDENCE_AGE):
        return False
    return not any(proof_of(each) is end and each.published_at > found_at for each in log.known)


def _complete_since(log: Log) -> datetime:
    return log.complete_since or log.since


def _keys_of(event: LogEvent) -> frozenset[str]:
    """Return the ids and logins of the user and the app user."""
    people = [each for each in event.targets if each.type in {"User", "AppUser"}]
    keys = (key for each in people for key in (each.id, normalize_login(each.login)))
    return frozenset(key for key in keys if key)


def _is_of(event: LogEvent, app_id: str) -> bool:
    return any(target.id == app_id for target in event.targets)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _without(
    snapshot: Snapshot, collection: Collection[Any], endpoint: str, detail: str
) -> Snapshot:
    endpoint = endpoint.replace("{id}", snapshot.target.app_id)
    gap = MissingData(why=MissingReason.BAD_PAYLOAD, endpoint=endpoint, status=200, detail=detail)
    read = {name: each for name, each in snapshot.read.items() if name != collection.name}
    return replace(snapshot, read=read, missing={**snapshot.missing, collection.name: gap})
