"""Unleash Enterprise over HTTP: the read paths that matter."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from auditor.sandbox import unleash_wire
from auditor.sandbox.answer import Answer
from auditor.sandbox.instance import API_TOKEN_USER_ID, Account, Happening
from auditor.sandbox.world import World

JSON = "application/json; charset=utf-8"
PAGE = "<!DOCTYPE html>\n<html lang='en'><head><title>Unleash</title></head><body></body></html>\n"
TYPE = re.compile(r"(IS|IS_ANY_OF):(.*?)(,([a-zA-Z0-9_]+))*")
DAY = re.compile(r"IS:\d{4}-\d{2}-\d{2}")
NOT_SIGNED_IN = "You must log in to use Unleash."
NO_HEADER = (
    f"{NOT_SIGNED_IN} Your request had no authorization header, so we could not authorize you."
    " Try logging in at /auth/simple/login"
)
NOT_ADMIN = (
    "You don't have the required permissions to perform this operation. To perform this action,"
    ' you need the "ADMIN" permission.'
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token stands for; an admin API token stands for nobody."""

    account: Account | None
    is_admin: bool

    @property
    def id(self) -> int:
        """The account's id, or the one that the log gives to API tokens."""
        return self.account.id if self.account else API_TOKEN_USER_ID


Handler = Callable[[World, Request, Caller], Answer]


def unleash_app(world: World) -> Starlette:
    """Return the ASGI app of an instance."""

    def health(_: Request) -> Response:
        return Answer({"health": "GOOD"}, content_type=JSON).response()

    def scim(_: Request) -> Response:
        """SCIM's own address: without SCIM it is the web page of the admin interface."""
        if not world.unleash.scim_enabled:
            return HTMLResponse(PAGE)
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": "Unauthorized",
            "status": "401",
        }
        return Answer(body, 401, content_type="application/scim+json").response()

    def endpoint(request: Request) -> Response:
        with world.lock:
            return _answer(world, request).response()

    return Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Route("/scim/{rest:path}", scim, methods=["GET"]),
            Route("/{rest:path}", endpoint, methods=["GET"]),
        ]
    )


def _answer(world: World, request: Request) -> Answer:
    """Look at the token, then at the path, then at the permission, as Unleash does."""
    caller = _caller(world, request)
    if isinstance(caller, Answer):
        return caller
    for path in PATHS:
        match = path.pattern.fullmatch(request.url.path)
        if match and (world.unleash.is_enterprise or not path.enterprise):
            if path.admin and not caller.is_admin:
                return _error(403, "PermissionError", NOT_ADMIN, permissions=["ADMIN"])
            request.path_params.update(match.groupdict())
            return path.handler(world, request, caller)
    return _error(
        404,
        "NotFoundError",
        f"The path you were looking for ({request.url.path}) is not available.",
    )


def _caller(world: World, request: Request) -> Caller | Answer:
    header = request.headers.get("authorization")
    if not header:
        more = {"path": "/auth/simple/login", "type": "password", "defaultHidden": False}
        return _error(401, "AuthenticationRequired", NO_HEADER, **more)
    token = world.unleash.tokens.get(header.removeprefix("Bearer "))
    if token is None or (token.expires_at and token.expires_at <= world.now):
        return _error(401, "UnauthorizedError", NOT_SIGNED_IN)
    if token.kind == "backend":
        message = "invalid token: expected a different token type for this endpoint"
        return Answer({"message": message}, 403, content_type=JSON)
    if token.kind == "admin":
        return Caller(None, is_admin=True)
    account = world.unleash.accounts[token.user_id]
    return Caller(account, world.unleash.is_admin(account))


def search_events(world: World, request: Request, caller: Caller) -> Answer:
    """`/search/events`: operators are mandatory, days are the finest grain, newest first.

    Who is no admin sees only what belongs to a project.
    """
    query = request.query_params
    for name, pattern in (("type", TYPE), ("from", DAY), ("to", DAY), ("createdBy", TYPE)):
        value = query.get(name)
        if value is not None and not pattern.fullmatch(value):
            return _bad_query(name, pattern, value)
    events = [
        event
        for event in reversed(world.unleash.happenings)
        if _is_asked(event, request) and (caller.is_admin or event.project)
    ]
    offset = int(query.get("offset", 0))
    limit = min(int(query.get("limit", 50)), 1000)
    page = [unleash_wire.happening(event) for event in events[offset : offset + limit]]
    return _json({"events": page, "total": len(events)})


def one_user(world: World, request: Request, _: Caller) -> Answer:
    """`/user-admin/{id}`."""
    account = _account(world, request)
    if account is None:
        body = unleash_wire.error("NotFoundError", "No user found")
        return Answer(body, 404, content_type=JSON)
    return _json({**unleash_wire.profile(account), "rootRole": account.root_role})


def user_permissions(world: World, request: Request, _: Caller) -> Answer:
    """`/user-admin/{id}/permissions`."""
    account = _account(world, request)
    if account is None:
        return _error(404, "NotFoundError", "No user found")
    return _json(unleash_wire.permissions(account, world.unleash))


def identity(world: World, _: Request, caller: Caller) -> Answer:
    """`/user`: who the token is."""
    if caller.account is None:
        return _error(404, "NotFoundError", "No user found")
    return _json(unleash_wire.identity(caller.account, world.unleash))


def own_tokens(world: World, _: Request, caller: Caller) -> Answer:
    """`/user/tokens`: the caller's personal access tokens."""
    owned = [one for one in world.unleash.tokens.values() if one.user_id == caller.id]
    return _json(unleash_wire.tokens(owned))


@dataclass(frozen=True, slots=True)
class Path:
    """One read path: who answers, for whom, on which edition."""

    pattern: re.Pattern[str]
    handler: Handler
    admin: bool = True
    enterprise: bool = False


def _shown(shape: Callable[[World], object]) -> Handler:
    """Return a handler that shows the state whoever asks."""
    return lambda world, _, __: _json(shape(world))


def _path(path: str, handler: Handler, *, admin: bool = True, enterprise: bool = False) -> Path:
    return Path(re.compile(f"/api/admin{path}"), handler, admin, enterprise)


PATHS = (
    _path("/user-admin", _shown(lambda world: unleash_wire.users(world.unleash))),
    _path(
        "/user-admin/access", _shown(lambda world: unleash_wire.access(world.unleash)), admin=False
    ),
    _path(
        "/user-admin/admin-count", _shown(lambda world: unleash_wire.admin_count(world.unleash))
    ),
    _path(r"/user-admin/(?P<id>\d+)", one_user),
    _path(r"/user-admin/(?P<id>\d+)/permissions", user_permissions),
    _path(
        "/ui-config",
        lambda world, _, caller: _json(unleash_wire.ui_config(world.unleash, caller.id)),
        admin=False,
    ),
    _path(
        "/instance-admin/statistics",
        _shown(lambda world: unleash_wire.statistics(world.unleash, world.now)),
        admin=False,
    ),
    _path("/search/events", search_events, admin=False),
    _path("/user", identity, admin=False),
    _path("/user/tokens", own_tokens, admin=False),
    _path("/groups", _shown(lambda world: unleash_wire.groups(world.unleash)), enterprise=True),
    _path(
        "/roles",
        _shown(lambda _: {"version": 1, "roles": unleash_wire.root_roles()}),
        enterprise=True,
    ),
    _path(
        "/service-account",
        _shown(lambda world: unleash_wire.service_accounts(world.unleash)),
        enterprise=True,
    ),
    _path(
        "/scim-settings",
        _shown(
            lambda world: {
                "enabled": world.unleash.scim_enabled,
                "hasToken": world.unleash.scim_has_token,
            }
        ),
        enterprise=True,
    ),
    _path(
        "/auth/simple/settings",
        _shown(lambda world: {"disabled": not world.unleash.password_login}),
        enterprise=True,
    ),
    _path(
        "/auth/saml/settings",
        _shown(lambda world: unleash_wire.saml(world.unleash.saml)),
        enterprise=True,
    ),
    _path(
        "/auth/oidc/settings",
        _shown(lambda world: unleash_wire.oidc(world.unleash.oidc)),
        enterprise=True,
    ),
)


def _account(world: World, request: Request) -> Account | None:
    return world.unleash.accounts.get(int(request.path_params["id"]))


def _is_asked(event: Happening, request: Request) -> bool:
    query = request.query_params
    kinds = query.get("type", "").partition(":")[2]
    authors = query.get("createdBy", "").partition(":")[2]
    since, until = query.get("from"), query.get("to")
    wanted = query.get("query", "").lower()
    return (
        (not kinds or event.type in kinds.split(","))
        and (not authors or str(event.by_id) in authors.split(","))
        and (since is None or event.at >= _day(since))
        and (until is None or event.at < _day(until) + timedelta(days=1))
        and (not wanted or wanted in f"{event.type} {event.data} {event.before}".lower())
    )


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text.removeprefix("IS:") + "T00:00:00+00:00")


def _bad_query(name: str, pattern: re.Pattern[str], value: str) -> Answer:
    body = unleash_wire.error(
        "BadDataError",
        "Request validation failed: your request body or params contain invalid data."
        " Refer to the `details` list for more information.",
    )
    message = (
        f"The `/query/{name}` property must match pattern \"^{pattern.pattern}$\"."
        f' You sent "{value}".'
    )
    body["details"] = [{"message": message, "path": f"/query/{name}"}]
    return Answer(body, 400, content_type=JSON)


def _json(body: object) -> Answer:
    return Answer(body, content_type=JSON)


def _error(status: int, name: str, message: str, **more: object) -> Answer:
    return Answer(unleash_wire.error(name, message, **more), status, content_type=JSON)
