"""Configuration changes in words: the setting's name in the consoles and readable values. Pure."""
# ruff: noqa: RUF001, RUF002  (the sign between the levels of a setting)

import re
from collections.abc import Callable

from auditor.domain.provisioning.guide_attributes import SIX_ATTRIBUTES
from auditor.domain.provisioning.push_features import PUSH_FLAGS
from auditor.engine.changes.diff import Change

_FEATURES = {
    "SCIM_PROVISIONING": "SCIM provisioning",
    **{flag.feature: flag.title for flag in PUSH_FLAGS},
}
_SETTINGS = {
    "app.status": "App › Status",
    "app.signOnMode": "App › Sign-on method",
    "app.userNameTemplate": "App › Application username format",
    "app.subjectNameIdTemplate": "App › SAML subject",
    "capabilities.create": "App capabilities › Create users",
    "capabilities.update": "App capabilities › Update user attributes",
    "capabilities.deactivate": "App capabilities › Deactivate users",
    "connection.status": "SCIM connector › Status",
    "connection.authScheme": "SCIM connector › Authentication mode",
    "connection.baseUrl": "SCIM connector › Base URL",
    "scim.enabled": "Unleash › SCIM",
    "scim.hasToken": "Unleash › SCIM token",
    "unleash.version": "Unleash › Version",
    "unleash.disablePasswordAuth": "Unleash › Password login",
    "unleash.unleashUrl": "Unleash › Own URL",
    "unleash.baseUriPath": "Unleash › Base path",
    "passwordLogin.disabled": "Unleash › Password login settings",
    "saml.enabled": "Unleash › SAML sign-on",
    "saml.autoCreate": "Unleash › SAML › Auto-create users",
    "oidc.enabled": "Unleash › OIDC sign-on",
    "oidc.autoCreate": "Unleash › OIDC › Auto-create users",
}
_INVERTED = {"unleash.disablePasswordAuth", "passwordLogin.disabled"}
"""Settings whose value is the opposite of what their name in the console states."""

_VALUES = {
    "on": "On",
    "off": "Off",
    "PUSH": "Create and update",
    "DONT_PUSH": "Create only",
    "ENABLED": "Enabled",
    "DISABLED": "Disabled",
    "TOKEN": "HTTP Header",
    "custom": "custom attribute",
    "base": "base attribute",
    "ACTIVE": "Active",
    "INACTIVE": "Inactive",
    "ERROR": "Error",
    "SAML_2_0": "SAML 2.0",
    "OPENID_CONNECT": "OpenID Connect",
    "AUTO_LOGIN": "SWA",
    "BROWSER_PLUGIN": "SWA",
    "${source.login}": "Okta username",
    "${source.email}": "Email",
    "${user.userName}": "Application username",
}


def _mapping(found: re.Match[str], user_type: str) -> str:
    title = SIX_ATTRIBUTES.get(found["name"], found["name"])
    applies = " › Applies on" if found["part"] == "pushStatus" else ""
    return f"Attribute mapping › {title}{applies} (user type {user_type or found['type']})"


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...] = (
    (
        re.compile(r"app\.features\[(\w+)\]"),
        lambda found, _: f"App › {_FEATURES.get(found[1], f'Feature {found[1]}')}",
    ),
    (
        re.compile(
            r"mapping\[(?P<type>[^\]]*)\]\.(?P<name>[\w.-]+)\.(?P<part>expression|pushStatus)"
        ),
        _mapping,
    ),
    (
        re.compile(r"mapping\[([^\]]*)\]"),
        lambda found, name: f"Attribute mapping › User type {name or found[1]}",
    ),
    (
        re.compile(r"userType\[([^\]]*)\].*"),
        lambda found, name: f"User type › {name or found[1]}",
    ),
    (
        re.compile(r"schema\[([^\]]*)\](?:\.(externalName|title))?"),
        lambda found, _: (
            f"App profile › Attribute {found[1]}"
            + {"externalName": " › External name", "title": " › Display name"}.get(
                found[2] or "", ""
            )
        ),
    ),
    (
        re.compile(r"groupPush\[([^\]]*)\](?:\.(status|sourceGroup|targetGroup))?"),
        lambda found, name: (
            f"Group push › {name or found[1]}"
            + {
                "status": " › Status",
                "sourceGroup": " › Okta group",
                "targetGroup": " › Target group",
            }.get(found[2] or "", "")
        ),
    ),
    (
        re.compile(r"group\[([^\]]*)\]\.rootRole"),
        lambda found, name: f"Unleash › Group {name or found[1]} › Root role",
    ),
    (
        re.compile(r"admin\[([^\]]*)\]"),
        lambda found, name: f"Unleash › Admins › {name or f'user {found[1]}'}",
    ),
)
"""The pattern of a path, and its words: they get the match and the name of the object."""

_OFF_WHEN_ABSENT = "app.features["
"""Okta lists only the features that are on."""

_EXISTENCE = ("userType[", "admin[")
"""Paths whose value states only that the object exists, or repeats its name."""


def setting_name(change: Change, *, names_people: bool) -> str:
    """Return the setting as the consoles name it; an unknown path is returned as it is.

    ``names_people=False``: an account is named by its id.
    """
    path = change.path
    name = _SETTINGS.get(path)
    if name is None:
        known = change.name if names_people or not path.startswith("admin[") else ""
        matches = ((pattern.fullmatch(path), words) for pattern, words in _PATTERNS)
        name = next((words(match, known) for match, words in matches if match), path)
    if change.collection == "okta.sso_app" and name.startswith("App ›"):
        return f"SSO {name[0].lower()}{name[1:]}"
    return name


def readable_value(change: Change, value: str | None, name: str = "") -> str:
    """Return a value in words: ``On``, ``Create and update``; an absent value is *not set*.

    ``name``: that of the object whose id is the value.
    """
    if value is None:
        return "Off" if change.path.startswith(_OFF_WHEN_ABSENT) else "not set"
    if change.path in _INVERTED:
        value = {"on": "off", "off": "on"}.get(value, value)
    return name or _VALUES.get(value, value)


def change_in_words(change: Change, *, names_people: bool) -> str:
    """Return one line: ``App › Deactivate users: On → Off``, ``User type › Contractor: added``.

    ``names_people=False``: an account is named by its id.
    """
    name = setting_name(change, names_people=names_people)
    before = readable_value(change, change.before, change.before_name)
    after = readable_value(change, change.after, change.after_name)
    # The status appears and disappears with the push: the push was added or removed, not its
    # status.
    if change.path.startswith("groupPush[") and None in {change.before, change.after}:
        name = name.removesuffix(" › Status")
    if not change.path.startswith(_OFF_WHEN_ABSENT):
        if change.before is None and change.after is not None:
            if change.path.startswith(_EXISTENCE):
                return f"{name}: added"
            # Only an attribute of the app's schema has its kind as the value.
            kind = {"custom": " (custom)", "base": " (base)"}.get(change.after, "")
            return f"{name}: added{kind or f': {after}'}"
        if change.after is None and change.before is not None:
            stated = change.path.startswith((*_EXISTENCE, "schema[", "groupPush["))
            return f"{name}: removed" if stated else f"{name}: removed, was {before}"
    return f"{name}: {before} → {after}"
