"""The possible actors of each change, from the log entries of Okta and Unleash. Pure.

Okta's log has the actor and the time of an edited mapping, but not the value. Unleash's log hides
the new value of a setting. So a change is matched by event type, by the ids that it concerns, by
value where the log has one, and by time.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial

from msgspec.structs import replace

from auditor.domain import okta, unleash
from auditor.domain.collections import (
    APP,
    APP_SCHEMA,
    CAPABILITIES,
    CONNECTION,
    EVENTS,
    GROUP_PUSH,
    GROUPS,
    INSTANCE,
    LOG,
    MAPPINGS,
    OIDC,
    PASSWORD_LOGIN,
    SAML,
    SCIM,
    SSO_APP,
    USER_TYPES,
    USERS,
)
from auditor.domain.log_text.user_agents import tool_of
from auditor.domain.provisioning.log_events.event_meanings import is_change
from auditor.domain.snapshot import Snapshot
from auditor.engine.changes.diff import Change, ChangeActor, Confidence
from auditor.serialization import scalar_from_json

MAX_SOURCE_CLOCK_SKEW = timedelta(minutes=5)
"""The clocks of Okta, Unleash and the auditor may differ by this much."""

MAX_STORED_ACTORS = 5
"""The maximum number of actors that are stored with a change."""

_APP_EVENTS = (
    "application.lifecycle.update",
    "application.lifecycle.activate",
    "application.lifecycle.deactivate",
)

OKTA_EVENTS = {
    APP.name: _APP_EVENTS,
    SSO_APP.name: _APP_EVENTS,
    CAPABILITIES.name: _APP_EVENTS,
    CONNECTION.name: _APP_EVENTS,
    MAPPINGS.name: ("directory.mapping.update", "application.provision.field_mapping_rule.change"),
    APP_SCHEMA.name: ("directory.app_user_profile.update", "directory.app_user_profile.bootstrap"),
    USER_TYPES.name: ("directory.non_default_user_profile.create",),
    GROUP_PUSH.name: ("application.provision.group_push.",),
}
"""Collection name to the prefixes of the event types that change it."""

UNLEASH_EVENTS = {
    USERS.name: ("user-created", "user-updated", "user-deleted", "scim-users-deleted"),
    GROUPS.name: ("group-created", "group-updated", "group-deleted", "scim-groups-deleted"),
    SCIM.name: ("setting-",),
    INSTANCE.name: ("setting-",),
    PASSWORD_LOGIN.name: ("setting-",),
    SAML.name: ("setting-",),
    OIDC.name: ("setting-",),
}

SETTING_IDS = {
    SCIM.name: "scim",
    INSTANCE.name: "unleash.auth.simple",
    PASSWORD_LOGIN.name: "unleash.auth.simple",
    SAML.name: "unleash.enterprise.auth.saml",
    OIDC.name: "unleash.enterprise.auth.oidc",
}
"""Collection name to the id of the setting in events of Unleash."""


def attribute(changes: Iterable[Change], snapshot: Snapshot) -> tuple[Change, ...]:
    """Return the changes with their possible actors, or with the reason why none is known."""
    # A log has very many entries, and few of them are about the configuration.
    of_kinds = cache(partial(_configuration_events, snapshot))
    return tuple(_attribute(change, snapshot, of_kinds) for change in changes)


EventsOfKinds = Callable[[tuple[str, ...]], tuple[okta.LogEvent, ...]]


def _configuration_events(snapshot: Snapshot, kinds: tuple[str, ...]) -> tuple[okta.LogEvent, ...]:
    events = snapshot[LOG].events
    return tuple(each for each in events if each.type.startswith(kinds) and is_change(each))


def _attribute(change: Change, snapshot: Snapshot, of_kinds: EventsOfKinds) -> Change:
    collection = LOG if change.collection in OKTA_EVENTS else EVENTS
    if missing := snapshot.lacks(collection):
        return replace(change, unknown_reason=f"{collection}: {missing}")
    traces = (
        _okta_traces(change, snapshot, of_kinds)
        if collection is LOG
        else _unleash_traces(change, snapshot)
    )
    found = sorted(traces, key=lambda trace: trace[0].at, reverse=True)
    exact = [actor for actor, agrees in found if agrees]
    # Reversed, so that the latest entry of each actor stays. One actor who saved twice is one
    # actor.
    actors = exact[:1] or list({actor.actor_id: actor for actor, _ in found[::-1]}.values())
    if not actors:
        return replace(change, unknown_reason=f"no entry of {collection} matches")
    if exact:
        confidence = Confidence.EXACT
    else:
        confidence = Confidence.LIKELY if len(actors) == 1 else Confidence.AMBIGUOUS
    return replace(change, confidence=confidence, actors=tuple(actors[:MAX_STORED_ACTORS]))


def _okta_traces(
    change: Change, snapshot: Snapshot, of_kinds: EventsOfKinds
) -> Iterator[tuple[ChangeActor, bool]]:
    """Yield the actor of each matching event, and whether the event logs the values of the change.

    Events that name the app or the mapping come first. Events that name only the user type are
    used when there are no others, because mappings of other apps have the same user type.
    """
    target = snapshot.target
    own = {target.sso_app_id or "" if change.collection == SSO_APP.name else target.app_id}
    shared = set(_ids_in(change.path))
    if change.collection == MAPPINGS.name:
        own |= {m.id for m in snapshot.get(MAPPINGS) or () if m.source_id in shared}
    # The brackets in a path of the app hold a feature; in other paths they hold the id of an
    # object.
    elif change.collection != APP.name:
        own |= shared
    kinds = OKTA_EVENTS[change.collection]
    events = [event for event in of_kinds(kinds) if _in_window(change, event.published_at)]
    naming = [event for event in events if own & {each.id for each in event.targets}]
    if not naming:
        naming = [event for event in events if shared & {each.id for each in event.targets}]
    for event in naming:
        yield _okta_actor(event), any(_agrees(change, each) for each in event.targets)


def _okta_actor(event: okta.LogEvent) -> ChangeActor:
    """Return the actor; a user agent that identifies a tool names the tool too."""
    actor, tool = event.actor, tool_of(event.user_agent)
    name = actor.name or actor.login or actor.id
    return ChangeActor(
        name=f"{name} ({tool})" if tool else name,
        actor_id=actor.id,
        at=event.published_at,
        event_id=event.id,
    )


def _unleash_traces(change: Change, snapshot: Snapshot) -> Iterator[tuple[ChangeActor, bool]]:
    kinds = UNLEASH_EVENTS[change.collection]
    subjects = {SETTING_IDS.get(change.collection), *_ids_in(change.path)} - {None}
    users = snapshot.get(USERS)
    admin = str(users.admin_role_id) if users else ""
    # An upgrade is no setting: no entry of the log is about it.
    if change.path == "unleash.version":
        return
    for event in snapshot[EVENTS].events:
        if not event.type.startswith(kinds) or not _in_window(change, event.created_at):
            continue
        # The deletion of all SCIM users, or of all SCIM groups, names none of them.
        if event.subject in subjects or (event.subject is None and event.type.startswith("scim-")):
            yield _unleash_actor(event), _role_agrees(change, event, admin)


def _unleash_actor(event: unleash.Event) -> ChangeActor:
    actor_id = str(event.created_by_id) if event.created_by_id is not None else "?"
    kinds = {"-42": "API token {}", "-1337": "Unleash itself"}
    name = kinds.get(actor_id, "{}").format(event.created_by or f"user {actor_id}")
    return ChangeActor(name=name, actor_id=actor_id, at=event.created_at, event_id=str(event.id))


def _role_agrees(change: Change, event: unleash.Event, admin: str) -> bool:
    """Return whether the event grants or removes the admin role, as ``change`` does."""
    if change.collection != USERS.name or not admin:
        return False
    was, became = event.before.get("rootRole") == admin, event.after.get("rootRole") == admin
    return became and not was if change.after else was and not became


def _agrees(change: Change, target: okta.LogTarget) -> bool:
    """Return whether ``changeDetails`` records this change: the same key, before and after."""
    # changeDetails and the API spell one setting differently (pushNewUsers, PUSH_NEW_USERS).
    leaf = _plain(re.split(r"[.\[]", change.path)[-1])
    return any(
        _plain(key) == leaf
        and _plain_value(target.before.get(key)) == change.before
        and _plain_value(target.after.get(key)) == change.after
        for key in target.before.keys() | target.after.keys()
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _plain_value(encoded: str | None) -> str | None:
    """Convert a logged value to the form of a configuration value: ``on``; ``None`` for off."""
    value = scalar_from_json(encoded) if encoded else None
    if isinstance(value, str) and value in {"ENABLED", "DISABLED"}:
        value = value == "ENABLED"
    if isinstance(value, bool):
        return "on" if value else None
    return value if value is None else str(value)


def _ids_in(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\[([^\[\]]+)\]", path))


def _in_window(change: Change, at: datetime) -> bool:
    return change.since - MAX_SOURCE_CLOCK_SKEW <= at <= change.until + MAX_SOURCE_CLOCK_SKEW
