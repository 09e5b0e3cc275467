"""The shapes of an instance's settings and figures. Pure."""

import hashlib
from collections import Counter
from datetime import datetime, timedelta

from auditor.sandbox.answer import Json, iso_time
from auditor.sandbox.model.accounts import ROLES, SignOn
from auditor.sandbox.model.instance import Instance


def ui_config(it: Instance, caller: int) -> Json:
    """`/ui-config`."""
    enterprise = it.version if it.is_enterprise else ""
    body: Json = {
        "environment": "Enterprise" if it.is_enterprise else "Open Source",
        "flags": {"maintenanceMode": False, "migrationLock": True, "demo": False},
        "version": it.version,
        "emailEnabled": False,
        "unleashUrl": it.url,
        "baseUriPath": "",
        "authenticationType": "enterprise" if it.is_enterprise else "open-source",
        "frontendApiOrigins": ["*"],
        "versionInfo": {
            "current": {"oss": it.version, "enterprise": enterprise},
            "latest": {},
            "isLatest": True,
            "instanceId": it.id,
        },
        "prometheusAPIAvailable": False,
        "impactMetrics": "disabled",
        "resourceLimits": {"apiTokens": 2000, "projects": 500, "environments": 50},
        "disablePasswordAuth": not it.password_login,
        "maintenanceMode": False,
        "maxSessionsCount": 0,
        "unleashContext": {"userId": caller},
        "storiesPageEnabled": False,
    }
    # The open-source edition lacks these (recorded on 8.2.0).
    if it.is_enterprise:
        body["samlConfiguredThroughEnv"] = False
        body["oidcConfiguredThroughEnv"] = False
    return body


def statistics(it: Instance, now: datetime) -> Json:
    """`/instance-admin/statistics`."""
    counts = {
        f"last{days}": sum(
            account.seen_at is not None and account.seen_at >= now - timedelta(days=days)
            for account in it.people
        )
        for days in (7, 30, 60, 90)
    }
    return {
        "timestamp": iso_time(now),
        "instanceId": it.id,
        "versionOSS": it.version,
        "versionEnterprise": it.version if it.is_enterprise else "",
        "users": len(it.people),
        "serviceAccounts": len(it.accounts) - len(it.people),
        "apiTokens": Counter(each.kind for each in it.tokens.values() if each.kind != "pat"),
        "activeUsers": counts,
        "licensedUsers": len(it.people),
        "featureToggles": 0,
        "archivedFeatureToggles": 0,
        "projects": 1,
        "contextFields": 5,
        "roles": 6,
        "customRootRoles": 0,
        "customRootRolesInUse": 0,
        "groups": len(it.teams),
        "environments": 2,
        "segments": 0,
        "strategies": 4,
        "SAMLenabled": it.saml.enabled,
        "OIDCenabled": it.oidc.enabled,
        "passwordAuthEnabled": it.password_login,
        "SCIMenabled": it.scim_enabled,
        "clientApps": [{"range": reach, "count": 0} for reach in ("7d", "30d", "allTime")],
        "featureExports": 0,
        "featureImports": 0,
        "productionChanges": {"last30": 0, "last60": 0, "last90": 0},
        "previousDayMetricsBucketsCount": {"enabledCount": 0, "variantCount": 0},
        "maxEnvironmentStrategies": 0,
        "maxConstraintValues": 0,
        "maxConstraints": 0,
        "releaseTemplates": 1,
        "releasePlans": 0,
        "edgeInstanceUsage": {},
        "readOnlyUsers": 0,
        "sum": hashlib.sha256(it.id.encode()).hexdigest(),
    }


def scim(it: Instance) -> Json:
    """`/scim-settings`."""
    return {"enabled": it.scim_enabled, "hasToken": it.scim_has_token}


def password_login(it: Instance) -> Json:
    """`/auth/simple/settings`."""
    return {"disabled": not it.password_login}


def saml(it: Instance) -> Json:
    """`/auth/saml/settings`; `spCertificate` holds a private key."""
    return {
        **_sign_on(it.saml),
        "entityId": "http://www.okta.com/exk0000sandbox",
        "signOnUrl": "https://example.okta.com/app/example_unleash_1/sso/saml",
        "certificate": "sandbox-public-certificate",
        "signOutUrl": "",
        "spCertificate": it.saml.secret,
    }


def oidc(it: Instance) -> Json:
    """`/auth/oidc/settings`; `secret` is the client's."""
    return {
        **_sign_on(it.oidc),
        "discoverUrl": "https://example.okta.com/.well-known/openid-configuration",
        "clientId": "0oaSandboxOidc",
        "secret": it.oidc.secret,
        "enableSingleSignOut": False,
        "acrValues": "",
        "idTokenSigningAlgorithm": "RS256",
        "addGroupsScope": False,
        "enablePkce": True,
    }


def _sign_on(it: SignOn) -> Json:
    role = next(name for name, number in ROLES.items() if number == it.default_role)
    return {
        "enabled": it.enabled,
        "autoCreate": it.auto_create,
        "emailDomains": "",
        "defaultRootRole": role,
        "defaultRootRoleId": it.default_role,
        "enableGroupSyncing": False,
        "groupJsonPath": "",
    }
