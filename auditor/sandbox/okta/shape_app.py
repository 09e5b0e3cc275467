"""The shapes of an app: itself, its capabilities, connection and schema. Pure."""

from auditor.sandbox.answer import Json, iso_time
from auditor.sandbox.model.org import App, Attribute, Org


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
        "lastUpdated": iso_time(it.changed_at),
        "created": iso_time(it.created_at),
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
        "lastUpdated": iso_time(it.schema_changed_at),
        "created": iso_time(it.created_at),
        "definitions": {
            "custom": _definition("#custom", custom),
            "base": _definition("#base", base),
        },
        "type": "object",
        "properties": {
            "profile": {"allOf": [{"$ref": "#/definitions/custom"}, {"$ref": "#/definitions/base"}]}
        },
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
