"""The shapes of users, roles and tokens. Pure."""

import hashlib
from collections.abc import Iterable

from auditor.sandbox.answer import Json, iso_time
from auditor.sandbox.model.accounts import API_TOKEN_USER_ID, ROLES, Account, Token
from auditor.sandbox.model.instance import Instance

ROOT_ROLES = (
    (
        1,
        "Admin",
        (
            "Users with the root admin role have superuser access to Unleash and can perform"
            " any operation within the Unleash platform."
        ),
    ),
    (
        2,
        "Editor",
        (
            "Users with the root editor role have access to most features in Unleash, but can"
            " not manage users and roles in the root scope. Editors will be added as project"
            " owners when creating projects and get superuser rights within the context of these"
            " projects. Users with the editor role will also get access to most permissions on"
            " the default project by default."
        ),
    ),
    (
        3,
        "Viewer",
        (
            "Users with the root viewer role can only read root resources in Unleash. Viewers"
            " can be added to specific projects as project members. Users with the viewer role"
            " may not view API tokens."
        ),
    ),
)

PERMISSIONS = (
    (1, "ADMIN", "Admin"),
    (3, "CREATE_STRATEGY", "Create activation strategies"),
    (4, "CREATE_ADDON", "Create addons"),
    (5, "DELETE_ADDON", "Delete addons"),
    (6, "UPDATE_ADDON", "Update addons"),
)
"""The first of some thirty."""


def users(it: Instance) -> Json:
    """`/user-admin`: all users in one answer, in no defined order."""
    return {
        # Not in the order of the ids, so that a client has to sort.
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
    return named(
        account,
        {
            "accountType": "Service Account" if account.is_service else "User",
            "id": account.id,
            "imageUrl": f"https://gravatar.com/avatar/{digest}?s=42&d=retro&r=g",
            "seenAt": iso_time(account.seen_at),
            "loginAttempts": 0,
            "createdAt": iso_time(account.created_at),
            "scimId": account.scim_id,
            "seatType": None,
            "companyRole": None,
            "productUpdatesEmailConsent": None,
        },
    )


def named(account: Account, body: Json) -> Json:
    """Add the names that an account has: what is empty is absent."""
    names = {"name": account.name, "username": account.username, "email": account.email}
    return body | {key: value for key, value in names.items() if value}


def root_roles() -> list[Json]:
    """Return the three predefined root roles."""
    return [
        {"id": number, "name": name, "type": "root", "description": description}
        for number, name, description in ROOT_ROLES
    ]


def roles(_: Instance) -> Json:
    """`/roles`."""
    return {"version": 1, "roles": root_roles()}


def admin_count(it: Instance) -> Json:
    """`/user-admin/admin-count`: direct admins only, with any sign-in."""
    admins = [one for one in it.accounts.values() if one.root_role == ROLES["Admin"]]
    people = [one for one in admins if not one.is_service]
    return {
        "password": sum(one.has_password for one in people),
        "noPassword": sum(not one.has_password for one in people),
        "service": len(admins) - len(people),
    }


def permissions(account: Account, it: Instance) -> Json:
    """`/user-admin/{id}/permissions`."""
    is_admin, is_editor = it.is_admin(account), account.root_role == ROLES["Editor"]
    return {
        "overview": {
            "root": [
                {
                    "id": number,
                    "name": name,
                    "displayName": title,
                    "type": "root",
                    "hasPermission": is_admin or (is_editor and name != "ADMIN"),
                }
                for number, name, title in PERMISSIONS
            ],
            "project": [],
            "groups": [
                {
                    "id": team.id,
                    "name": team.name,
                    "description": "",
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


def api_token(token: Token, secret: str) -> Json:
    """`/user` of an admin API token: no id, and the token's own secret."""
    shown = {
        "username": token.name,
        "permissions": ["ADMIN"],
        "environment": "*",
        "type": "admin",
        "secret": secret,
        "projects": ["*"],
        "internalAdminTokenUserId": API_TOKEN_USER_ID,
    }
    return {"user": shown, "permissions": [{"permission": "ADMIN"}], "feedback": [], "splash": {}}


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


def _token(token: Token) -> Json:
    return {
        "id": token.id,
        "description": token.name,
        "expiresAt": iso_time(token.expires_at),
        "userId": token.user_id,
        "createdAt": iso_time(token.created_at),
        "seenAt": None,
    }
