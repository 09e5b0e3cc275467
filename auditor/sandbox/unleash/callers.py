"""The callers of Unleash, by their token."""

from dataclasses import dataclass

from starlette.requests import Request

from auditor.sandbox.answer import Answer
from auditor.sandbox.model.accounts import API_TOKEN_USER_ID, Account, Token
from auditor.sandbox.unleash.errors import JSON, error
from auditor.sandbox.worlds.world import World

NOT_SIGNED_IN = "You must log in to use Unleash."
NO_HEADER = (
    f"{NOT_SIGNED_IN} Your request had no authorization header, so we could not authorize you."
    " Try logging in at /auth/simple/login"
)
WRONG_KIND = {"message": "invalid token: expected a different token type for this endpoint"}


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a token; an admin API token has none."""

    account: Account | None
    is_admin: bool
    token: Token
    secret: str

    @property
    def id(self) -> int:
        """The account's id, or the one that the log gives to API tokens."""
        return self.account.id if self.account else API_TOKEN_USER_ID


def find_caller(world: World, request: Request) -> Caller | Answer:
    """Return the caller, or the refusal of a token that is missing, unknown, expired or wrong."""
    header = request.headers.get("authorization")
    if not header:
        more = {"path": "/auth/simple/login", "type": "password", "defaultHidden": False}
        return error(401, "AuthenticationRequired", NO_HEADER, **more)
    secret = header.removeprefix("Bearer ")
    token = world.unleash.tokens.get(secret)
    if token is None or (token.expires_at and token.expires_at <= world.now):
        return error(401, "UnauthorizedError", NOT_SIGNED_IN)
    # A token of the wrong kind gets 403 with a body of another form (recorded).
    if token.kind == "backend":
        return Answer(WRONG_KIND, 403, content_type=JSON)
    if token.kind == "admin":
        return Caller(None, is_admin=True, token=token, secret=secret)
    account = world.unleash.accounts[token.user_id]
    return Caller(account, world.unleash.is_admin(account), token, secret)
