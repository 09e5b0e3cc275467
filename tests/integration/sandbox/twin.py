"""A real Unleash with data of every kind, and a sandbox with the same data."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from auditor.sandbox import World
from auditor.sandbox.model.accounts import API_TOKEN_USER_ID, Account, Happening, Team, Token
from auditor.sandbox.model.instance import Instance
from tests.support.peers.unleash_server import RealUnleash
from tests.support.plain_http import plain_post

STRONG = "Str0ng-Passw0rd!z"


@dataclass(frozen=True)
class FirstData:
    """The users of the real server."""

    tokens: dict[str, str]
    """What to send as `Authorization`, by who asks."""

    ada: int
    bob: int
    gone: int


def create_data(unleash: RealUnleash) -> FirstData:
    """Create users of each kind, a group, tokens of each kind, and their events."""
    admin = unleash.login_pat()
    ada = unleash.create_user(
        email="Ada@Example.com", username="Ada", name="Ada", role="Admin", password=STRONG
    )
    bob = unleash.create_user(email="bob@example.com", password=STRONG)
    unleash.create_user(username="cleo", name="Cleo", role="Editor")
    unleash.create_user(username="viewer", password=STRONG)
    gone = unleash.create_user(email="gone@example.com", name="Gone")
    unleash.delete_user(gone)
    unleash.change_role(ada, "Editor")
    unleash.set_scim_id(bob, "0000000000000000000000BOB0")
    unleash.make_group("Admins", "Admin", "00000000000000000000GROUP0", [bob])
    unleash.set_setting("unleash.enterprise.auth.saml", {"enabled": True})
    expired = unleash.login_pat("viewer", STRONG)
    unleash.execute(
        "UPDATE personal_access_tokens SET expires_at = now() - interval '1 day' WHERE secret = %s",
        expired,
    )
    tokens = {
        "an admin": admin,
        "an admin, as a bearer": f"Bearer {admin}",
        "an admin by group": unleash.login_pat("bob@example.com", STRONG),
        "a viewer": unleash.login_pat("viewer", STRONG),
        "an admin API token": unleash.admin_token,
        "a backend": _backend_token(unleash),
        "one whose token has expired": expired,
        "a stranger": "user:unknown",
        "anonymous": "",
    }
    return FirstData(tokens, ada, bob, gone)


def _backend_token(unleash: RealUnleash) -> str:
    wanted = {"type": "backend", "tokenName": "b", "environment": "development", "projects": ["*"]}
    created = plain_post(
        f"{unleash.url}/api/admin/api-tokens",
        headers={"Authorization": unleash.admin_token},
        json=wanted,
    ).raise_for_status()
    return str(created.json()["secret"])


def twin(unleash: RealUnleash) -> World:
    """Build a sandbox whose Unleash has the data of the real one's database."""
    world = World()
    [(info,)] = unleash.execute("SELECT content FROM settings WHERE name = 'instanceInfo'")
    world.unleash = its = Instance(id=info["id"], version=unleash.version, is_enterprise=False)
    its.saml.enabled = True
    for account in _accounts(unleash):
        its.add(account)
    its.teams = {team.id: team for team in _teams(unleash)}
    its.tokens = _tokens(unleash)
    its.happenings = _happenings(unleash)
    return world


def _accounts(unleash: RealUnleash) -> list[Account]:
    rows = unleash.execute(
        "SELECT users.id, users.created_at, users.name, username, email, role_id, scim_id,"
        " password_hash IS NOT NULL, seen_at"
        " FROM users JOIN role_user ON user_id = users.id"
        " JOIN roles ON roles.id = role_id AND roles.type = 'root'"
        " WHERE deleted_at IS NULL"
    )
    return [
        Account(number, _utc(made), name, username, email, role, scim_id, has_password, _utc(seen))
        for number, made, name, username, email, role, scim_id, has_password, seen in rows
    ]


def _teams(unleash: RealUnleash) -> list[Team]:
    rows = unleash.execute(
        "SELECT groups.id, name, groups.created_at, root_role_id, scim_id, array_agg(user_id)"
        " FROM groups JOIN group_user ON group_id = groups.id GROUP BY groups.id"
    )
    return [
        Team(number, name, made, role, scim_id, dict.fromkeys(members))
        for number, name, made, role, scim_id, members in rows
    ]


def _tokens(unleash: RealUnleash) -> dict[str, Token]:
    own = unleash.execute(
        "SELECT secret, id, 'pat', description, created_at, user_id, expires_at"
        " FROM personal_access_tokens"
    )
    others = unleash.execute(
        "SELECT secret, 0, type, token_name, created_at, %s, expires_at FROM api_tokens",
        API_TOKEN_USER_ID,
    )
    return {secret: Token(*more) for secret, *more in (*own, *others)}


def _happenings(unleash: RealUnleash) -> list[Happening]:
    rows = unleash.execute(
        "SELECT id, created_at, type, created_by, created_by_user_id, data, pre_data, project"
        " FROM events ORDER BY id"
    )
    return [Happening(*row) for row in rows]


def _utc(at: Any) -> Any:
    """Return the time of a column without a zone as UTC; None stays None."""
    return at and at.replace(tzinfo=UTC)
