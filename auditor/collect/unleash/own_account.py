"""The auditor's own account in Unleash."""

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.reader import Reader, Schema, Time, plausible
from auditor.domain.collections import MissingReason
from auditor.domain.unleash import AccessToken, Self

OWN_ACCOUNT_ENDPOINT = Endpoint(path="/api/admin/user")
OWN_TOKENS_ENDPOINT = Endpoint(path="/api/admin/user/tokens")


class _User(Schema):
    """For an admin API token, the answer contains its ``secret``, which has no field here."""

    id: int | None = None
    internal_admin_token_user_id: int | None = None
    name: str | None = None
    username: str | None = None


class _Permission(Schema):
    permission: str | None = None


class _Self(Schema):
    user: _User
    permissions: list[_Permission] | None = None


def read_self(reader: Reader) -> Self:
    """Read ``/api/admin/user``; an admin API token belongs to no user."""
    found = reader.record(_Self, OWN_ACCOUNT_ENDPOINT)
    # An admin API token belongs to no user. It has only this other id (api-user.ts of Unleash).
    if found.user.id is None and found.user.internal_admin_token_user_id is None:
        raise CollectError(
            MissingReason.BAD_PAYLOAD, f"GET {OWN_ACCOUNT_ENDPOINT.path}", "it names no user"
        )
    return Self(
        user_id=found.user.id,
        name=found.user.name or found.user.username,
        is_admin=any(each.permission == "ADMIN" for each in found.permissions or ()),
    )


class _Token(Schema):
    id: int
    description: str | None = None
    expires_at: Time | None = None


class _Tokens(Schema):
    pats: list[_Token]


def read_own_tokens(reader: Reader) -> tuple[AccessToken, ...]:
    """Read ``/api/admin/user/tokens``."""
    return tuple(
        AccessToken(
            id=token.id, description=token.description, expires_at=plausible(token.expires_at)
        )
        for token in reader.record(_Tokens, OWN_TOKENS_ENDPOINT).pats
    )
