"""The shapes of Okta's answers, made from the org's state. Pure."""

from datetime import UTC, datetime
from typing import TypeAlias

from auditor.sandbox.org import (
    App,
    Assignment,
    Attribute,
    End,
    Group,
    GroupPush,
    LogEvent,
    LogTarget,
    Org,
    Person,
    ProfileMapping,
    UserType,
)

Json: TypeAlias = dict[str, object]

ERRORS = {
    "E0000001": (400, "Api validation failed: {0}"),
    "E0000005": (403, "Invalid session"),
    "E0000006": (403, "You do not have permission to perform the requested action"),
    "E0000007": (404, "Not found: {0}"),
    "E0000011": (401, "Invalid token provided"),
    "E0000022": (405, "The endpoint does not support the provided HTTP method"),
    "E0000031": (400, "Invalid search criteria."),
    "E0000047": (429, "API call exceeded rate limit due to too many requests."),
}


def stamp(at: datetime | None) -> str | None:
    """Return a time as Okta writes it: UTC, three decimals."""
    if at is None:
        return None
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def error(code: str, what: str = "", cause: str | None = None) -> tuple[int, Json]:
    """Return status and body of an error."""
    status, summary = ERRORS[code]
    return status, {
        "errorCode": code,
        "errorSummary": summary.format(what),
        "errorLink": code,
        "errorId": "oaeSandbox" + code,
        "errorCauses": [{"errorSummary": cause}] if cause else [],
    }


def app(it: App, org: Org) -> Json:
    """`/apps/{id}`."""
    here = f"{org.url}/api/v1/apps/{it.id}"
    username: Json = {"template": it.username.template, "type": it.username.type}
    if it.username.push_status:
        username["pushStatus"] = it.username.push_status
    return {
        "id": it.id,
        "orn": f"orn:okta:idp:{org.id}:apps:{it.name}:{it.id}",
        "name": it.name,
        "label": it.label,
        "status": it.status,
        "lastUpdated": stamp(it.changed_at),
        "created": stamp(it.created_at),
        "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
        "visibility": {
            "autoLaunch": False,
            "autoSubmitToolbar": False,
            "hide": {"iOS": False, "web": False},
            "appLinks": {f"{it.name}_link": True},
        },
        "features": list(it.features),
        "signOnMode": it.sign_on_mode,
        "credentials": {"userNameTemplate": username, "signing": {"kid": "sandbox-signing-key"}},
        "settings": {
            "app": {},
            "notifications": {
                "vpn": {"network": {"connection": "DISABLED"}, "message": None, "helpUrl": None}
            },
            "manualProvisioning": False,
            "implicitAssignment": False,
            "notes": {"admin": None, "enduser": None},
            "signOn": dict(it.sign_on),
        },
        "_links": {
            "groups": {"href": f"{here}/groups"},
            "users": {"href": f"{here}/users"},
            "deactivate": {"href": f"{here}/lifecycle/deactivate"},
        },
    }


def capabilities(it: App, org: Org) -> list[Json]:
    """`/apps/{id}/features`, where it answers."""
    self = f"{org.url}/api/v1/apps/{it.id}/features/USER_PROVISIONING"

    def status(flag: str) -> Json:
        return {"status": "ENABLED" if flag in it.features else "DISABLED"}

    return [
        {
            "name": "USER_PROVISIONING",
            "status": "ENABLED",
            "description": "User provisioning settings from Okta to a downstream application",
            "capabilities": {
                "create": {"lifecycleCreate": status("PUSH_NEW_USERS")},
                "update": {
                    "profile": status("PUSH_PROFILE_UPDATES"),
                    "lifecycleDeactivate": status("PUSH_USER_DEACTIVATION"),
                    "password": {
                        "status": "DISABLED",
                        "seed": "RANDOM",
                        "change": "KEEP_EXISTING",
                    },
                },
            },
            "_links": {"self": {"href": self, "hints": {"allow": ["GET", "PUT"]}}},
        }
    ]


def connection(it: App, org: Org, unleash_url: str) -> Json:
    """`/apps/{id}/connections/default`: UNKNOWN unless the app shows its connection."""
    if it.connection is None:
        return {"status": "UNKNOWN", "profile": {"authScheme": "UNKNOWN"}}
    here = f"{org.url}/api/v1/apps/{it.id}/connections/default"
    return {
        "authScheme": it.connection.auth_scheme,
        "status": it.connection.status,
        "baseUrl": it.connection.base_url.replace("{unleashUrl}", unleash_url),
        "profile": {"authScheme": it.connection.auth_scheme},
        "_links": {
            "self": {"href": here, "hints": {"allow": ["GET", "POST"]}},
            "deactivate": {
                "href": f"{here}/lifecycle/deactivate",
                "hints": {"allow": ["POST"]},
            },
        },
    }


def schema(it: App, org: Org) -> Json:
    """`/meta/schemas/apps/{id}/default`."""
    base = {name: entry for name, entry in it.schema.items() if not entry.custom}
    custom = {name: entry for name, entry in it.schema.items() if entry.custom}
    return {
        "id": f"{org.url}/meta/schemas/apps/{it.id}/default",
        "$schema": "http://json-schema.org/draft-04/schema#",
        "name": it.name,
        "title": f"{it.label} User",
        "lastUpdated": stamp(it.schema_changed_at),
        "created": stamp(it.created_at),
        "definitions": {
            "custom": _definition("#custom", custom),
            "base": _definition("#base", base),
        },
        "type": "object",
        "properties": {
            "profile": {"allOf": [{"$ref": "#/definitions/custom"}, {"$ref": "#/definitions/base"}]}
        },
    }


def mapping(it: ProfileMapping, org: Org, *, whole: bool) -> Json:
    """`/mappings/{id}`; without `properties` as the list has it."""
    body: Json = {"id": it.id, "source": _end(it.source, org), "target": _end(it.target, org)}
    if whole:
        body["properties"] = {
            name: {"expression": mapped.expression, "pushStatus": mapped.push_status}
            for name, mapped in it.properties.items()
        }
    body["_links"] = {"self": {"href": f"{org.url}/api/v1/mappings/{it.id}"}}
    return body


def user_type(it: UserType, org: Org) -> Json:
    """One of `/meta/types/user`."""
    return {
        "id": it.id,
        "displayName": it.display_name,
        "name": it.name,
        "description": f"{it.display_name} profile template with default permission settings",
        "createdBy": "sprc00000000000SYSTEM",
        "lastUpdatedBy": "sprc00000000000SYSTEM",
        "created": stamp(it.created_at),
        "lastUpdated": stamp(it.created_at),
        "default": it.default,
        "_links": {
            "schema": {
                "rel": "schema",
                "href": f"{org.url}/api/v1/meta/schemas/user/{it.schema_id}",
                "method": "GET",
            },
            "self": {
                "rel": "self",
                "href": f"{org.url}/api/v1/meta/types/user/{it.id}",
                "method": "GET",
            },
        },
    }


def assignment(it: Assignment, owner: App, org: Org, *, embed: bool) -> Json:
    """One of `/apps/{id}/users`; with the user when they are asked for by `expand`."""
    body: Json = {
        "id": it.person_id,
        "externalId": it.external_id,
        "created": stamp(it.created_at),
        "lastUpdated": stamp(it.changed_at),
        "scope": it.scope,
        "status": it.status,
        "statusChanged": stamp(it.status_changed_at),
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
        body["lastSync"] = stamp(it.synced_at)
    if embed:
        body["_embedded"] = {"user": person(org.people[it.person_id], org)}
    return body


def person(it: Person, org: Org) -> Json:
    """A user, as in `/groups/{id}/users` and embedded in assignments."""
    return {
        "id": it.id,
        "status": it.status,
        "created": stamp(it.created_at),
        "activated": stamp(it.created_at),
        "statusChanged": stamp(it.status_changed_at),
        "lastLogin": None,
        "lastUpdated": stamp(it.changed_at),
        "passwordChanged": stamp(it.created_at),
        "type": {"id": it.type_id},
        "profile": {"mobilePhone": None, "secondEmail": None, **it.profile},
        "credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}},
        "_links": {
            "self": {"href": f"{org.url}/api/v1/users/{it.id}"},
            "type": {"href": f"{org.url}/api/v1/meta/types/user/{it.type_id}"},
        },
    }


def group(it: Group, org: Org) -> Json:
    """`/groups/{id}`."""
    here = f"{org.url}/api/v1/groups/{it.id}"
    return {
        "id": it.id,
        "created": stamp(it.created_at),
        "lastUpdated": stamp(it.created_at),
        "lastMembershipUpdated": stamp(it.members_changed_at),
        "objectClass": [
            "okta:user_group" if it.type == "OKTA_GROUP" else "okta:windows_security_principal"
        ],
        "type": it.type,
        "profile": {"name": it.name, "description": None},
        "_links": {"users": {"href": f"{here}/users"}, "apps": {"href": f"{here}/apps"}},
    }


def group_assignment(
    group_id: str, priority: int, owner: App, org: Org, *, embed: bool
) -> Json:
    """One of `/apps/{id}/groups`."""
    here = f"{org.url}/api/v1/apps/{owner.id}"
    body: Json = {
        "id": group_id,
        "lastUpdated": stamp(org.groups[group_id].created_at),
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
        "created": stamp(it.created_at),
        "id": it.id,
        "lastUpdated": stamp(it.changed_at),
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
        body["lastPush"] = stamp(it.pushed_at)
    return body


def log_event(it: LogEvent) -> Json:
    """One of `/logs`."""
    return {
        "actor": _log_target(it.actor),
        "client": {
            "userAgent": None,
            "zone": None,
            "device": None,
            "id": None,
            "ipAddress": None,
            "geographicalContext": None,
        },
        "device": None,
        "authenticationContext": {
            "authenticationProvider": None,
            "credentialProvider": None,
            "credentialType": None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "rootSessionId": None,
            "externalSessionId": "trs" + it.uuid[:8],
        },
        "displayMessage": it.message,
        "eventType": it.type,
        "outcome": {"result": it.result, "reason": it.reason},
        "published": stamp(it.at),
        "securityContext": {
            "asNumber": None,
            "asOrg": None,
            "isp": None,
            "domain": None,
            "isProxy": None,
        },
        "severity": "INFO" if it.result == "SUCCESS" else "ERROR",
        "debugContext": {"debugData": {"requestId": it.uuid[:8]}},
        "legacyEventType": None,
        "transaction": {"type": "WEB", "id": it.uuid[9:18], "detail": {}},
        "uuid": it.uuid,
        "version": "0",
        "request": {"ipChain": []},
        "target": [_log_target(target) for target in it.targets],
    }


def _log_target(it: LogTarget) -> Json:
    body: Json = {
        "id": it.id,
        "type": it.type,
        "alternateId": it.alternate_id,
        "displayName": it.name,
        "detailEntry": None,
    }
    if it.change:
        body["changeDetails"] = {"from": it.change[0], "to": it.change[1]}
    return body


def _end(it: End, org: Org) -> Json:
    if it.type == "user":
        here = f"{org.url}/api/v1/meta/types/user/{it.id}"
        its_schema = f"{org.url}/api/v1/meta/schemas/user/{it.schema_id}"
    else:
        here = f"{org.url}/api/v1/apps/{it.id}"
        its_schema = f"{org.url}/api/v1/meta/schemas/apps/{it.id}/default"
    return {
        "id": it.id,
        "name": it.name,
        "type": it.type,
        "_links": {"self": {"href": here}, "schema": {"href": its_schema}},
    }


def _definition(name: str, attributes: dict[str, Attribute]) -> Json:
    properties: Json = {
        key: {
            "title": it.title,
            "type": "string",
            "externalName": it.external_name,
            "externalNamespace": "urn:ietf:params:scim:schemas:core:2.0:User",
            "scope": "NONE",
            **({"required": True} if it.required else {}),
        }
        for key, it in attributes.items()
    }
    body: Json = {"id": name, "type": "object", "properties": properties}
    if required := [key for key, it in attributes.items() if it.required]:
        body["required"] = required
    return body
