"""The configuration in canonical form: for each collection, path to value. Pure.

It contains settings only, without order, timestamps, links and data of people. So two reads differ
exactly when the configuration differs.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from auditor.domain import unleash
from auditor.domain.collections import (
    APP,
    APP_SCHEMA,
    CAPABILITIES,
    CONNECTION,
    GROUP_PUSH,
    GROUPS,
    INSTANCE,
    MAPPINGS,
    OIDC,
    PASSWORD_LOGIN,
    SAML,
    SCIM,
    SSO_APP,
    USER_TYPES,
    USERS,
    Collection,
    GroupPushes,
    Groups,
    Mappings,
    Schema,
    UserTypes,
)
from auditor.domain.okta import App, Capabilities, Connection
from auditor.domain.snapshot import Snapshot

Paths = dict[str, str]
"""Path to value, both text. A setting that does not exist has no path."""

Configuration = dict[str, Paths]
"""Collection name to its paths; a collection that was not read is not in it."""

Setting = tuple[str, str | bool | int | None]


def configuration(snapshot: Snapshot) -> Configuration:
    """Return the configuration of every collection that was read."""
    return {
        collection.name: {path: _text(value) for path, value in read(seen) if value is not None}
        for collection, read in _READERS
        if (seen := snapshot.get(collection)) is not None
        # Without an SSO app of its own, SSO_APP is a copy of APP: each change would be found twice.
        and not (collection is SSO_APP and snapshot.target.sso_app_id is None)
    }


def _text(value: str | bool | int) -> str:  # noqa: FBT001  (a setting may be a switch)
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _app(app: App) -> Iterator[Setting]:
    yield "app.status", app.status
    yield "app.signOnMode", app.sign_on_mode
    yield "app.userNameTemplate", app.username_template
    yield "app.subjectNameIdTemplate", app.saml_subject
    for feature in app.features or ():
        yield f"app.features[{feature}]", True


def _capabilities(capabilities: Capabilities) -> Iterator[Setting]:
    yield "capabilities.create", capabilities.create
    yield "capabilities.update", capabilities.update
    yield "capabilities.deactivate", capabilities.deactivate


def _connection(connection: Connection) -> Iterator[Setting]:
    yield "connection.status", connection.status
    yield "connection.authScheme", connection.auth_scheme
    yield "connection.baseUrl", connection.base_url


def _mappings(mappings: Mappings) -> Iterator[Setting]:
    for mapping in mappings:
        for name, mapped in mapping.properties.items():
            path = f"mapping[{mapping.source_id}].{name}"
            yield f"{path}.expression", mapped.expression
            yield f"{path}.pushStatus", mapped.push_status


def _user_types(types: UserTypes) -> Iterator[Setting]:
    for each in types:
        yield f"userType[{each.id}]", each.name


def _schema(schema: Schema) -> Iterator[Setting]:
    for attribute in schema:
        path = f"schema[{attribute.name}]"
        yield path, "custom" if attribute.custom else "base"
        yield f"{path}.externalName", attribute.external_name
        yield f"{path}.title", attribute.title


def _group_push(pushes: GroupPushes) -> Iterator[Setting]:
    for push in pushes:
        yield f"groupPush[{push.id}].status", push.status
        yield f"groupPush[{push.id}].sourceGroup", push.source_group_id
        yield f"groupPush[{push.id}].targetGroup", push.target_group_id


def _scim(settings: unleash.ScimSettings) -> Iterator[Setting]:
    yield "scim.enabled", settings.enabled
    yield "scim.hasToken", settings.has_token


def _instance(instance: unleash.Instance) -> Iterator[Setting]:
    yield "unleash.version", instance.version_enterprise or instance.version_oss
    yield "unleash.disablePasswordAuth", instance.password_login_disabled
    yield "unleash.unleashUrl", instance.unleash_url


def _password_login(settings: unleash.PasswordLogin) -> Iterator[Setting]:
    yield "passwordLogin.disabled", settings.disabled


def _saml(settings: unleash.SsoSettings) -> Iterator[Setting]:
    yield "saml.enabled", settings.enabled
    yield "saml.autoCreate", settings.auto_create


def _oidc(settings: unleash.SsoSettings) -> Iterator[Setting]:
    yield "oidc.enabled", settings.enabled
    yield "oidc.autoCreate", settings.auto_create


def _groups(groups: Groups) -> Iterator[Setting]:
    for group in groups:
        yield f"group[{group.id}].rootRole", group.root_role


def _admins(listed: unleash.Users) -> Iterator[Setting]:
    for user in listed.admins:
        yield f"admin[{user.id}]", True


_PARTS = (
    (re.compile(r"(schema\[[^]]+])\..+"), ""),
    (re.compile(r"(mapping\[[^]]+]\.[^.]+)\..+"), ".expression"),
    (re.compile(r"(groupPush\[[^]]+])\..+"), ".status"),
)
"""For each kind of object with several paths: the path without which the object does not exist."""


def trunk(path: str) -> str:
    """Return the path that exists exactly while the object to which ``path`` belongs exists."""
    matches = ((part.fullmatch(path), end) for part, end in _PARTS)
    return next((f"{found[1]}{end}" for found, end in matches if found), path)


_READERS: tuple[tuple[Collection[Any], Callable[[Any], Iterator[Setting]]], ...] = (
    (APP, _app),
    (SSO_APP, _app),
    (CAPABILITIES, _capabilities),
    (CONNECTION, _connection),
    (MAPPINGS, _mappings),
    (USER_TYPES, _user_types),
    (APP_SCHEMA, _schema),
    (GROUP_PUSH, _group_push),
    (SCIM, _scim),
    (INSTANCE, _instance),
    (PASSWORD_LOGIN, _password_login),
    (SAML, _saml),
    (OIDC, _oidc),
    (GROUPS, _groups),
    (USERS, _admins),
)
