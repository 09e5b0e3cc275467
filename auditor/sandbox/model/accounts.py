"""The objects of an Unleash instance: accounts, groups, tokens, settings, events."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# The ids of the predefined root roles, and of the actors below, are those of a real server.
ROLES = {"Admin": 1, "Editor": 2, "Viewer": 3}


SYSTEM = ("unleash_system_user", -1337)


API_TOKEN_USER_ID = -42


TokenKind = Literal["pat", "admin", "backend"]


@dataclass(slots=True)
class Account:
    """A user or a service account."""

    id: int
    created_at: datetime
    name: str | None = None
    username: str | None = None
    email: str | None = None
    root_role: int = ROLES["Viewer"]
    scim_id: str | None = None
    has_password: bool = False
    seen_at: datetime | None = None
    is_service: bool = False
    invite: str = ""
    """The secret of the link that sets a password. It is a valid credential."""

    @property
    def label(self) -> str:
        """The name of the account in the event log."""
        return self.email or self.username or str(self.id)


@dataclass(slots=True)
class Team:
    """A group."""

    id: int
    name: str
    created_at: datetime
    root_role: int | None = None
    scim_id: str | None = None
    member_ids: dict[int, None] = field(default_factory=dict)


@dataclass(slots=True)
class Token:
    """A personal access token, an admin API token, or one of another kind."""

    id: int
    kind: TokenKind
    name: str
    created_at: datetime
    user_id: int = API_TOKEN_USER_ID
    expires_at: datetime | None = None


@dataclass(slots=True)
class SignOn:
    """SAML or OIDC settings."""

    enabled: bool = False
    auto_create: bool = False
    default_role: int = ROLES["Editor"]
    secret: str = ""
    """OIDC's client secret, SAML's certificate with its private key."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of Unleash's event log."""

    id: int
    at: datetime
    type: str
    by: str
    by_id: int
    data: dict[str, object] | None = None
    before: dict[str, object] | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class ScimUser:
    """The SCIM fields that Okta sends about a person."""

    user_name: str
    email: str | None
    name: str | None


class EmailTakenError(Exception):
    """Unleash refuses an account whose email another account has."""

    def __init__(self, email: str | None) -> None:
        super().__init__(f"{email} is taken by another account")


def facts(account: Account) -> dict[str, object]:
    """Return the fields of an account in the event log, without empty fields."""
    shown = {
        "id": account.id,
        "name": account.name,
        "username": account.username,
        "email": account.email,
        "rootRole": account.root_role,
    }
    return {key: value for key, value in shown.items() if value is not None}
