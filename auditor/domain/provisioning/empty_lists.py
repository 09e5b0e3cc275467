"""Empty lists that other data contradicts: a service can answer without its rows. Pure.

Such a list counts as missing data, so that nothing opens and nothing resolves because of it.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from auditor.domain.collections import (
    ASSIGNMENTS,
    LOG,
    MAPPINGS,
    Collection,
    MissingData,
    MissingReason,
)
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.okta import Log, LogEvent
from auditor.domain.provisioning.event_meanings import EventProof, proof_of
from auditor.domain.provisioning.log_facts import LogFacts
from auditor.domain.snapshot import Snapshot
from auditor.text import count

ASSIGNED = frozenset(
    {EventProof.ASSIGNMENT_CHANGED, EventProof.USER_CREATED, EventProof.USER_UPDATED}
)
"""Proofs that a user is assigned."""

ENDED = frozenset({EventProof.ASSIGNMENT_REMOVED, EventProof.USER_REMOVED})


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


def without_mappings_that_vanished(snapshot: Snapshot, found_at: datetime | None) -> Snapshot:
    """Return the snapshot; an empty list of mappings is missing if none was changed.

    ``found_at``: when the last complete read found mappings; ``None``: it found none, or there was
    none. Okta logs each change of a mapping.
    """
    log = snapshot.get(LOG)
    if found_at is None or log is None or snapshot.get(MAPPINGS) != ():
        return snapshot
    for event in log.known:
        if proof_of(event) is EventProof.MAPPING_CHANGED and event.published_at > found_at:
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
    assigned: dict[str, frozenset[str]] = {}
    for event in log.known:
        proof = proof_of(event)
        if proof not in ASSIGNED | ENDED or not _is_of(event, app_id):
            continue
        keys = _keys_of(event)
        for name in [name for name, known in assigned.items() if known & keys]:
            keys |= assigned.pop(name)
        if proof in ASSIGNED and keys:
            assigned[min(keys)] = keys
    return frozenset(assigned)


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
