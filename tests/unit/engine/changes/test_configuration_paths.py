"""The path of every setting that the auditor compares."""

from typing import Any

import pytest

from auditor.domain.collections import SSO_APP
from auditor.domain.okta import App
from auditor.engine.changes.configuration_paths import configuration
from tests.support.builders.contexts import (
    ADA_ACCOUNT,
    APP_ID,
    CONTRACTOR_TYPE,
    USER_TYPE,
    app,
    capabilities,
    clean_snapshot,
    connection,
    group,
    group_push,
    instance,
    mapping,
    missing,
    schema_attribute,
    target,
    user,
    user_type,
    users,
)

SSO = "0oaUnleashSso0000001"
SETTINGS = {
    "app": {
        "app.status": "ACTIVE",
        "app.signOnMode": "SAML_2_0",
        "app.userNameTemplate": "${source.login}",
        "app.subjectNameIdTemplate": "${user.userName}",
        "app.features[PUSH_NEW_USERS]": "on",
    },
    "capabilities": {
        "capabilities.create": "ENABLED",
        "capabilities.update": "DISABLED",
        "capabilities.deactivate": "ENABLED",
    },
    "connection": {
        "connection.status": "ENABLED",
        "connection.authScheme": "TOKEN",
        "connection.baseUrl": "https://unleash.example.com/scim",
    },
    "mappings": {
        f"mapping[{USER_TYPE}].email.expression": "user.login",
        f"mapping[{USER_TYPE}].email.pushStatus": "PUSH",
    },
    "user_types": {f"userType[{USER_TYPE}]": "user", f"userType[{CONTRACTOR_TYPE}]": "contractor"},
    "app_schema": {
        "schema[email]": "base",
        "schema[email].externalName": "email",
        "schema[email].title": "email",
        "schema[shoe]": "custom",
        "schema[shoe].externalName": "shoeSize",
        "schema[shoe].title": "Shoe size",
    },
    "group_push": {
        "groupPush[gPm1].status": "ACTIVE",
        "groupPush[gPm1].sourceGroup": "00gAdmins",
        "groupPush[gPm1].targetGroup": "00gPushed",
    },
    "scim": {"scim.enabled": "on", "scim.hasToken": "on"},
    "instance": {
        "unleash.version": "7.5.0",
        "unleash.disablePasswordAuth": "off",
        "unleash.unleashUrl": "https://unleash.example.com",
    },
    "password_login": {"passwordLogin.disabled": "off"},
    "saml": {"saml.enabled": "on", "saml.autoCreate": "off"},
    "oidc": {"oidc.enabled": "off", "oidc.autoCreate": "off"},
    "groups": {"group[1].rootRole": "1"},
    "users": {"admin[2]": "on"},
}
EMAIL_ALONE: dict[str, Any] = dict.fromkeys(("givenName", "familyName", "emailType", "displayName"))
PARTS = {
    "app": app(features=frozenset({"PUSH_NEW_USERS"})),
    "capabilities": capabilities(update="DISABLED"),
    "connection": connection(),
    "mappings": [mapping(**EMAIL_ALONE)],
    "user_types": [user_type(), user_type(id=CONTRACTOR_TYPE, name="contractor")],
    "app_schema": [
        schema_attribute("email"),
        schema_attribute("shoe", custom=True, external_name="shoeSize", title="Shoe size"),
    ],
    "group_push": [
        group_push(id="gPm1", source_group_id="00gAdmins", target_group_id="00gPushed"),
    ],
    "users": users(user(id=2, root_role=1), user(id=ADA_ACCOUNT)),
}
EVERYTHING = {path: value for part in SETTINGS.values() for path, value in part.items()}


def settings(snapshot):
    return {
        path: value for paths in configuration(snapshot).values() for path, value in paths.items()
    }


def test_every_setting_has_a_path():
    assert settings(clean_snapshot(**PARTS)) == EVERYTHING


@pytest.mark.parametrize("collection", SETTINGS)
def test_a_missing_collection_removes_only_its_own_settings(collection):
    others = {path: value for path, value in EVERYTHING.items() if path not in SETTINGS[collection]}
    assert settings(clean_snapshot(**PARTS | {collection: missing()})) == others


def test_a_separate_sso_app_is_compared_too():
    split = clean_snapshot(
        target=target(sso_app_id=SSO), sso_app=app(id=SSO, sign_on_mode="OPENID_CONNECT")
    )
    assert configuration(split)[SSO_APP.name]["app.signOnMode"] == "OPENID_CONNECT"
    assert SSO_APP.name not in configuration(clean_snapshot())


def test_an_app_without_a_feature_list_has_no_feature_settings():
    bare = App(id=APP_ID, label="", name="", status="ACTIVE", sign_on_mode="SAML_2_0")
    settings_read = configuration(clean_snapshot(app=bare))["okta.app"]
    assert settings_read == {"app.status": "ACTIVE", "app.signOnMode": "SAML_2_0"}


def test_the_open_source_version_is_used_when_no_other_version_exists():
    settings_read = settings(
        clean_snapshot(instance=instance(version_enterprise=None, version_oss="6.1.4"))
    )
    assert settings_read["unleash.version"] == "6.1.4"


def test_a_group_without_a_role_has_no_setting():
    assert "group[1].rootRole" not in settings(clean_snapshot(groups=[group(root_role=None)]))
