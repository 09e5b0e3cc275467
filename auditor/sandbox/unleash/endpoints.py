"""The paths of Unleash that the auditor reads: handler, permission, edition."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from auditor.sandbox.answer import Answer
from auditor.sandbox.model.accounts import Account
from auditor.sandbox.model.instance import Instance
from auditor.sandbox.unleash import shape_groups, shape_instance, shape_users
from auditor.sandbox.unleash.callers import Caller
from auditor.sandbox.unleash.errors import plain_error, shown
from auditor.sandbox.unleash.events import search_events
from auditor.sandbox.worlds.world import World

Handler = Callable[[World, Request, Caller], Answer]


@dataclass(frozen=True, slots=True)
class Path:
    """One read path."""

    pattern: re.Pattern[str]
    handler: Handler
    admin: bool
    """Whether only an admin may read it."""
    enterprise: bool
    """Whether the open-source edition lacks it."""


def one_user(world: World, request: Request, _: Caller) -> Answer:
    """`/user-admin/{id}`."""
    account = _account(world, request)
    if isinstance(account, Answer):
        return account
    return shown({**shape_users.profile(account), "rootRole": account.root_role})


def permissions(world: World, request: Request, _: Caller) -> Answer:
    """`/user-admin/{id}/permissions`."""
    account = _account(world, request)
    if isinstance(account, Answer):
        return account
    return shown(shape_users.permissions(account, world.unleash))


def _account(world: World, request: Request) -> Account | Answer:
    account = world.unleash.accounts.get(int(request.path_params["id"]))
    return account or plain_error(404, "NotFoundError", "No user found")


def identity(world: World, _: Request, caller: Caller) -> Answer:
    """`/user`: the owner of the token; for an API token, the token itself."""
    if caller.account is None:
        return shown(shape_users.api_token(caller.token, caller.secret))
    return shown(shape_users.identity(caller.account, world.unleash))


def own_tokens(world: World, _: Request, caller: Caller) -> Answer:
    """`/user/tokens`: the caller's personal access tokens."""
    if caller.account is None:
        return plain_error(403, "ForbiddenError", "PATs require an authenticated user.")
    owned = [one for one in world.unleash.tokens.values() if one.user_id == caller.id]
    return shown(shape_users.tokens(owned))


def ui_config(world: World, _: Request, caller: Caller) -> Answer:
    """`/ui-config`."""
    return shown(shape_instance.ui_config(world.unleash, caller.id))


def statistics(world: World, _: Request, __: Caller) -> Answer:
    """`/instance-admin/statistics`."""
    return shown(shape_instance.statistics(world.unleash, world.now))


def _state(shape: Callable[[Instance], object]) -> Handler:
    """Return a handler that shows a part of the instance to every caller."""
    return lambda world, _, __: shown(shape(world.unleash))


def _path(path: str, handler: Handler, *, admin: bool = True, enterprise: bool = False) -> Path:
    return Path(re.compile(f"/api/admin{path}"), handler, admin, enterprise)


# Which token reads what, and the 404 of open source, are recorded on 8.2.0; Enterprise is not.
PATHS = (
    _path("/user-admin", _state(shape_users.users)),
    _path("/user-admin/access", _state(shape_groups.access), admin=False),
    _path("/user-admin/admin-count", _state(shape_users.admin_count)),
    _path(r"/user-admin/(?P<id>\d+)", one_user),
    _path(r"/user-admin/(?P<id>\d+)/permissions", permissions),
    _path("/ui-config", ui_config, admin=False),
    _path("/instance-admin/statistics", statistics, admin=False),
    _path("/search/events", search_events, admin=False),
    _path("/user", identity, admin=False),
    _path("/user/tokens", own_tokens, admin=False),
    _path("/groups", _state(shape_groups.groups), enterprise=True),
    _path("/roles", _state(shape_users.roles), enterprise=True),
    _path("/service-account", _state(shape_users.service_accounts), enterprise=True),
    _path("/scim-settings", _state(shape_instance.scim), enterprise=True),
    _path("/auth/simple/settings", _state(shape_instance.password_login), enterprise=True),
    _path("/auth/saml/settings", _state(shape_instance.saml), enterprise=True),
    _path("/auth/oidc/settings", _state(shape_instance.oidc), enterprise=True),
)
