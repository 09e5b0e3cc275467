"""The shapes of people, assignments and groups. Pure."""

from auditor.sandbox.answer import Json, iso_time
from auditor.sandbox.model.org import App, Assignment, Group, GroupPush, Org, Person


def person(it: Person, org: Org) -> Json:
    """One of `/groups/{id}/users`, and the user embedded in an assignment."""
    return {
        "id": it.id,
        "status": it.status,
        "created": iso_time(it.created_at),
        "activated": iso_time(it.created_at),
        "statusChanged": iso_time(it.status_changed_at),
        "lastLogin": None,
        "lastUpdated": iso_time(it.changed_at),
        "passwordChanged": iso_time(it.created_at),
        "type": {"id": it.type_id},
        "profile": {"mobilePhone": None, "secondEmail": None, **it.profile},
        "credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}},
        "_links": {
            "self": {"href": f"{org.url}/api/v1/users/{it.id}"},
            "type": {"href": f"{org.url}/api/v1/meta/types/user/{it.type_id}"},
        },
    }


def assignment(it: Assignment, owner: App, org: Org, *, embed: bool) -> Json:
    """One of `/apps/{id}/users`; with the user when they are asked for by `expand`."""
    body: Json = {
        "id": it.person_id,
        "externalId": it.external_id,
        "created": iso_time(it.created_at),
        "lastUpdated": iso_time(it.changed_at),
        "scope": it.scope,
        "status": it.status,
        "statusChanged": iso_time(it.status_changed_at),
        "passwordChanged": None,
        "syncState": it.sync_state,
        "credentials": {"userName": it.username},
        "profile": dict(it.profile),
        "_links": {
            "app": {"href": f"{org.url}/api/v1/apps/{owner.id}"},
            "user": {"href": f"{org.url}/api/v1/users/{it.person_id}"},
        },
    }
    if it.synced_at:
        body["lastSync"] = iso_time(it.synced_at)
    if embed:
        body["_embedded"] = {"user": person(org.people[it.person_id], org)}
    return body


def group(it: Group, org: Org) -> Json:
    """`/groups/{id}`."""
    here = f"{org.url}/api/v1/groups/{it.id}"
    return {
        "id": it.id,
        "created": iso_time(it.created_at),
        "lastUpdated": iso_time(it.created_at),
        "lastMembershipUpdated": iso_time(it.members_changed_at),
        "objectClass": [
            "okta:user_group" if it.type == "OKTA_GROUP" else "okta:windows_security_principal"
        ],
        "type": it.type,
        "profile": {"name": it.name, "description": None},
        "_links": {"users": {"href": f"{here}/users"}, "apps": {"href": f"{here}/apps"}},
    }


def group_assignment(group_id: str, priority: int, owner: App, org: Org, *, embed: bool) -> Json:
    """One of `/apps/{id}/groups`."""
    here = f"{org.url}/api/v1/apps/{owner.id}"
    body: Json = {
        "id": group_id,
        "lastUpdated": iso_time(org.groups[group_id].created_at),
        "priority": priority,
        "profile": {},
        "_links": {
            "app": {"href": here},
            "self": {"href": f"{here}/groups/{group_id}"},
            "group": {"href": f"{org.url}/api/v1/groups/{group_id}"},
        },
    }
    if embed:
        body["_embedded"] = {"group": group(org.groups[group_id], org)}
    return body


def group_push(it: GroupPush, owner: App, org: Org) -> Json:
    """One of `/apps/{id}/group-push/mappings`."""
    body: Json = {
        "created": iso_time(it.created_at),
        "id": it.id,
        "lastUpdated": iso_time(it.changed_at),
        "sourceGroupId": it.source_id,
        "status": it.status,
        "targetGroupId": it.target_id,
        "_links": {
            "app": {"href": f"{org.url}/api/v1/apps/{owner.id}"},
            "sourceGroup": {"href": f"{org.url}/api/v1/groups/{it.source_id}"},
            "targetGroup": {"href": f"{org.url}/api/v1/groups/{it.target_id}"},
        },
    }
    if it.error:
        body["errorSummary"] = it.error
    if it.pushed_at:
        body["lastPush"] = iso_time(it.pushed_at)
    return body
