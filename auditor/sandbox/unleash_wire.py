"""The shapes of Unleash's answers, made from the instance's state. Pure."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import NAMESPACE_URL, uuid5

from auditor.sandbox.instance import ROLES, Account, Happening, Instance, SignOn, Team, Token
from auditor.sandbox.okta_wire import stamp

Json: TypeAlias = dict[str, object]

ROOT_ROLES = (
    (1, "Admin", "Users with the root admin role have superuser access to Unleash."),
    (2, "Editor", "Users with the root editor role have access to most features in Unleash."),
    (3, "Viewer", "Users with the root viewer role can only read root resources in Unleash."),
)
LABELS = {
    "user-created": "User created",
    "user-updated": "User updated",
    "user-deleted": "User deleted",
    "api-token-created": "API token created",
}
PERMISSIONS = ("ADMIN", "CREATE_STRATEGY", "CREATE_ADDON", "CREATE_PROJECT", "UPDATE_ROLE")


def error(name: str, message: str, **more: object) -> Json:
    """Return the body of an error."""
    return {
        "id": str(uuid5(NAMESPACE_URL, message)),
        "name": name,
        "message": message,
        "details": [{"message": message}],
        **more,
    }


def users(it: Instance) -> Json:
    """`/user-admin`: everyone in one answer, in no order anybody should trust."""
    return {
        "users": [user(account, it) for account in reversed(it.people)],
        "rootRoles": root_roles(),
    }


def user(account: Account, it: Instance) -> Json:
    """One user as the list shows them: what is empty is absent, `scimId` is null."""
    link = f"{it.url}/new-user?token={account.invite}"
    return {**profile(account), "rootRole": account.root_role, "inviteLink": link}


def profile(account: Account) -> Json:
    """One account, without its role."""
    who = account.email or account.username or str(account.id)
    digest = hashlib.sha256(who.encode()).hexdigest()
    return _named(
        account,
        {
            "accountType": "Service Account" if account.is_service else "User",
            "id": account.id,
            "imageUrl": f"https://gravatar.com/avatar/{digest}?s=42&d=retro&r=g",
            "seenAt": stamp(account.seen_at),
            "loginAttempts": 0,
            "createdAt": stamp(account.created_at),
            "scimId": account.scim_id,
            "seatType": None,
            "companyRole": None,
            "productUpdatesEmailConsent": None,
        },
    )


def root_roles() -> list[Json]:
    """Return the three predefined root roles."""
    return [
        {"id": number, "name": name, "type": "root", "description": description}
        for number, name, description in ROOT_ROLES
    ]


def access(it: Instance) -> Json:
    """`/user-admin/access`: names for any token."""
    return {
        "users": [
            _named(account, {"id": account.id, "accountType": "User"}) for account in it.people
        ],
        "groups": [
            {
                "id": team.id,
                "name": team.name,
                "userCount": len(team.member_ids),
                "rootRole": team.root_role,
            }
            for team in it.teams.values()
        ],
    }


def admin_count(it: Instance) -> Json:
    """`/user-admin/admin-count`: direct admins only, whatever signs them in."""
    admins = [one for one in it.accounts.values() if one.root_role == ROLES["Admin"]]
    people = [one for one in admins if not one.is_service]
    return {
        "password": sum(one.has_password for one in people),
        "noPassword": sum(not one.has_password for one in people),
        "service": len(admins) - len(people),
    }


def groups(it: Instance) -> Json:
    """`/groups`: nested users carry neither scimId nor rootRole."""
    return {"groups": [_group(team, it) for team in it.teams.values()]}


def permissions(account: Account, it: Instance) -> Json:
    """`/user-admin/{id}/permissions`."""
    is_admin = it.is_admin(account)
    return {
        "overview": {
            "root": [
                {
                    "id": number,
                    "name": name,
                    "displayName": name.replace("_", " ").capitalize(),
                    "type": "root",
                    "hasPermission": is_admin,
                }
                for number, name in enumerate(PERMISSIONS, start=1)
            ],
            "project": [],
            "groups": [
                {
                    "id": team.id,
                    "name": team.name,
                    "description": None,
                    "mappingsSSO": [],
                    "rootRole": team.root_role,
                    "scimId": team.scim_id,
                }
                for team in it.teams.values()
                if account.id in team.member_ids
            ],
            "environment": [],
        },
        "user": {**profile(account), "rootRole": account.root_role},
        "rootRole": next(role for role in root_roles() if role["id"] == account.root_role),
        "projectRoles": [],
    }


def identity(account: Account, it: Instance) -> Json:
    """`/user`: who the token is."""
    shown = profile(account)
    for hidden in ("scimId", "seatType", "companyRole", "productUpdatesEmailConsent"):
        del shown[hidden]
    rights = [{"permission": "ADMIN"}] if it.is_admin(account) else []
    return {"user": shown, "permissions": rights, "feedback": [], "splash": {}}


def tokens(owned: Iterable[Token]) -> Json:
    """`/user/tokens`."""
    return {"pats": [_token(token) for token in owned]}


def service_accounts(it: Instance) -> Json:
    """`/service-account`."""
    return {
        "serviceAccounts": [
            {
                **profile(account),
                "rootRole": account.root_role,
                "tokens": [
                    _token(token) for token in it.tokens.values() if token.user_id == account.id
                ],
            }
            for account in it.accounts.values()
            if account.is_service
        ],
        "rootRoles": root_roles(),
    }


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
    if it.is_enterprise:
        body["samlConfiguredThroughEnv"] = it.saml.from_environment
        body["oidcConfiguredThroughEnv"] = it.oidc.from_environment
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
        "timestamp": stamp(now),
        "instanceId": it.id,
        "versionOSS": it.version,
        "versionEnterprise": it.version if it.is_enterprise else "",
        "users": len(it.people),
        "serviceAccounts": len(it.accounts) - len(it.people),
        "apiTokens": {"admin": sum(token.kind == "admin" for token in it.tokens.values())},
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


def saml(it: SignOn) -> Json:
    """`/auth/saml/settings`; `spCertificate` holds a private key."""
    return {
        **_sign_on(it),
        "entityId": "http://www.okta.com/exk0000sandbox",
        "signOnUrl": "https://example.okta.com/app/example_unleash_1/sso/saml",
        "certificate": "sandbox-public-certificate",
        "signOutUrl": "",
        "spCertificate": it.secret,
    }


def oidc(it: SignOn) -> Json:
    """`/auth/oidc/settings`; `secret` is the client's."""
    return {
        **_sign_on(it),
        "discoverUrl": "https://example.okta.com/.well-known/openid-configuration",
        "clientId": "0oaSandboxOidc",
        "secret": it.secret,
        "enableSingleSignOut": False,
        "acrValues": "",
        "idTokenSigningAlgorithm": "RS256",
        "addGroupsScope": False,
        "enablePkce": True,
    }


def happening(it: Happening) -> Json:
    """One entry of `/search/events`."""
    label = LABELS.get(it.type, it.type)
    subject = it.before or it.data or {}
    name = subject.get("name") or subject.get("email") or ""
    known = it.type in LABELS
    did = f"{it.type.rpartition('-')[2]} {it.type.rpartition('-')[0].replace('-', ' ')} **{name}**"
    return {
        "id": it.id,
        "type": it.type,
        "createdBy": it.by,
        "createdAt": stamp(it.at),
        "createdByUserId": it.by_id,
        "data": it.data,
        "preData": it.before,
        "tags": [],
        "featureName": None,
        "project": it.project,
        "environment": None,
        "label": label,
        "summary": f"**{it.by}** {did if known else f'triggered **{it.type}**'}",
    }


def _named(account: Account, body: Json) -> Json:
    """Add the names that an account has."""
    names = {"name": account.name, "username": account.username, "email": account.email}
    return body | {key: value for key, value in names.items() if value}


def _group(team: Team, it: Instance) -> Json:
    return {
        "id": team.id,
        "name": team.name,
        "description": "",
        "mappingsSSO": [],
        "rootRole": team.root_role,
        "createdBy": "admin",
        "createdAt": stamp(team.created_at),
        "users": [
            {
                "joinedAt": stamp(team.created_at),
                "createdBy": "admin",
                "user": _named(
                    it.accounts[member],
                    {"id": member, "seenAt": stamp(it.accounts[member].seen_at)},
                ),
            }
            for member in team.member_ids
        ],
        "projects": [],
        "userCount": len(team.member_ids),
        "scimId": team.scim_id,
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


def _token(token: Token) -> Json:
    return {
        "id": token.id,
        "description": token.name,
        "expiresAt": stamp(token.expires_at),
        "userId": token.user_id,
        "createdAt": stamp(token.created_at),
        "seenAt": None,
    }
