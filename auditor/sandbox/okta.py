"""Okta over HTTP: the read paths that matter, and the token request."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auditor.sandbox import log_filter, oauth, okta_wire
from auditor.sandbox.answer import Answer
from auditor.sandbox.limits import RateLimits
from auditor.sandbox.org import App, LogEvent
from auditor.sandbox.world import World

Handler = Callable[[World, Request], Answer]
Row = TypeVar("Row")

LOG_KEPT = timedelta(days=90)


class NotFoundError(LookupError):
    """There is nothing of that id."""


def okta_app(world: World) -> Starlette:
    """Return the ASGI app of an org."""
    limits = RateLimits(world.rate_limits)
    routes = [
        Route(path, _endpoint(world, limits, scope, bucket, handler), methods=["GET"])
        for path, scope, bucket, handler in PATHS
    ]
    token = Route("/oauth2/v1/token", oauth.token_endpoint(world), methods=["POST"])
    return Starlette(routes=[*routes, token], exception_handlers={404: _unknown, 405: _wrong_verb})


def _endpoint(
    world: World, limits: RateLimits, scope: str, bucket: str, handler: Handler
) -> Callable[[Request], Response]:
    """Put authentication, permission and the rate limit before a handler, in Okta's order."""
    kept: dict[str, Answer] = {}

    def endpoint(request: Request) -> Response:
        with world.lock:
            granted, headers = limits.spend(bucket)
            if not granted:
                return _error("E0000047").response(*headers)
            scopes = oauth.scopes_of(world, request)
            if scopes is None:
                known = request.headers.get("authorization")
                return _error("E0000011" if known else "E0000005").response(*headers)
            if scope not in scopes:
                return _error("E0000006").response(*headers)
            if not world.frozen:
                kept.clear()
            answer = kept.get(str(request.url))
            if answer is None:
                answer = _answer(world, request, handler).encoded()
                kept[str(request.url)] = answer
            return answer.response(*headers)

    return endpoint


def _answer(world: World, request: Request, handler: Handler) -> Answer:
    try:
        return handler(world, request)
    except NotFoundError as missing:
        return _error("E0000007", f"Resource not found: {missing}")
    except log_filter.FilterError:
        return _error("E0000031")


def list_apps(world: World, request: Request) -> Answer:
    """`/apps?q=`: by name or label, from the start."""
    wanted = request.query_params.get("q", "").lower()
    apps = [
        app
        for app in world.okta.apps.values()
        if app.label.lower().startswith(wanted) or app.name.startswith(wanted)
    ]
    return _page(world, request, apps, lambda app: okta_wire.app(app, world.okta), limits=(20, 200))


def get_app(world: World, request: Request) -> Answer:
    """`/apps/{id}`."""
    return Answer(okta_wire.app(_app(world, request), world.okta))


def get_capabilities(world: World, request: Request) -> Answer:
    """`/apps/{id}/features`: refused for a custom app unless the world shows them."""
    app = _app(world, request)
    if not app.shows_capabilities:
        return _error("E0000001", "feature", "Provisioning is not supported.")
    return Answer(okta_wire.capabilities(app, world.okta))


def get_connection(world: World, request: Request) -> Answer:
    """`/apps/{id}/connections/default`."""
    return Answer(okta_wire.connection(_app(world, request), world.okta, world.unleash.url))


def list_assignments(world: World, request: Request) -> Answer:
    """`/apps/{id}/users?expand=user`."""
    app, embed = _app(world, request), request.query_params.get("expand") == "user"
    return _page(
        world,
        request,
        app.assignments.values(),
        lambda one: okta_wire.assignment(one, app, world.okta, embed=embed),
        limits=(50, 500),
    )


def list_app_groups(world: World, request: Request) -> Answer:
    """`/apps/{id}/groups?expand=group`."""
    app, embed = _app(world, request), request.query_params.get("expand") == "group"
    return _page(
        world,
        request,
        list(enumerate(app.group_ids)),
        lambda one: okta_wire.group_assignment(one[1], one[0], app, world.okta, embed=embed),
        limits=(20, 200),
    )


def list_group_pushes(world: World, request: Request) -> Answer:
    """`/apps/{id}/group-push/mappings`, by source group and status where asked."""
    app, query = _app(world, request), request.query_params
    pushes = [
        push
        for push in app.pushes.values()
        if query.get("sourceGroupId") in (None, push.source_id)
        and query.get("status") in (None, push.status)
    ]
    return _page(
        world,
        request,
        pushes,
        lambda push: okta_wire.group_push(push, app, world.okta),
        limits=(100, 1000),
    )


def list_mappings(world: World, request: Request) -> Answer:
    """`/mappings`; the `next` link of a filtered list drops the filter, as recorded."""
    query = request.query_params
    mappings = [
        mapping
        for mapping in world.okta.mappings.values()
        if query.get("sourceId") in (None, mapping.source.id)
        and query.get("targetId") in (None, mapping.target.id)
    ]
    return _page(
        world,
        request,
        mappings,
        lambda one: okta_wire.mapping(one, world.okta, whole=False),
        limits=(20, 200),
        forgets=("sourceId", "targetId"),
    )


def get_mapping(world: World, request: Request) -> Answer:
    """`/mappings/{id}`."""
    wanted = request.path_params["id"]
    mapping = world.okta.mappings.get(wanted)
    if mapping is None:
        raise NotFoundError(f"{wanted} (ProfileMapping)")
    return Answer(okta_wire.mapping(mapping, world.okta, whole=True))


def list_user_types(world: World, _: Request) -> Answer:
    """`/meta/types/user`: all on one page."""
    return Answer([okta_wire.user_type(one, world.okta) for one in world.okta.types.values()])


def get_schema(world: World, request: Request) -> Answer:
    """`/meta/schemas/apps/{id}/default`."""
    return Answer(okta_wire.schema(_app(world, request), world.okta))


def get_group(world: World, request: Request) -> Answer:
    """`/groups/{id}`."""
    wanted = request.path_params["id"]
    group = world.okta.groups.get(wanted)
    if group is None:
        raise NotFoundError(f"{wanted} (UserGroup)")
    return Answer(okta_wire.group(group, world.okta))


def list_members(world: World, request: Request) -> Answer:
    """`/groups/{id}/users`."""
    wanted = request.path_params["id"]
    group = world.okta.groups.get(wanted)
    if group is None:
        raise NotFoundError(f"{wanted} (UserGroup)")
    return _page(
        world,
        request,
        [world.okta.people[member] for member in group.member_ids],
        lambda person: okta_wire.person(person, world.okta),
        limits=(200, 1000),
    )


def list_log(world: World, request: Request) -> Answer:
    """`/logs`: the last ninety days; without `until` there is always a `next`."""
    query = request.query_params
    now = world.now
    since = max(_time(query.get("since")) or now - timedelta(days=7), now - LOG_KEPT)
    until = _time(query.get("until")) or now
    test = log_filter.read(query["filter"]) if query.get("filter") else lambda _: True
    log = world.okta.log
    first = bisect_left(log, since, key=lambda event: event.at)
    last = bisect_left(log, until, key=lambda event: event.at)
    events: list[LogEvent] = [event for event in log[first:last] if test(event)]
    if query.get("sortOrder") == "DESCENDING":
        events.reverse()
    return _page(
        world,
        request,
        events,
        okta_wire.log_event,
        limits=(100, 1000),
        endless="until" not in query,
    )


PATHS: tuple[tuple[str, str, str, Handler], ...] = (
    ("/api/v1/apps", "okta.apps.read", "apps", list_apps),
    ("/api/v1/apps/{id}", "okta.apps.read", "app", get_app),
    ("/api/v1/apps/{id}/features", "okta.apps.read", "features", get_capabilities),
    ("/api/v1/apps/{id}/connections/default", "okta.apps.read", "app", get_connection),
    ("/api/v1/apps/{id}/users", "okta.apps.read", "app users", list_assignments),
    ("/api/v1/apps/{id}/groups", "okta.apps.read", "app groups", list_app_groups),
    (
        "/api/v1/apps/{id}/group-push/mappings",
        "okta.apps.read",
        "group push",
        list_group_pushes,
    ),
    ("/api/v1/mappings", "okta.profileMappings.read", "mappings", list_mappings),
    ("/api/v1/mappings/{id}", "okta.profileMappings.read", "mappings", get_mapping),
    ("/api/v1/meta/types/user", "okta.userTypes.read", "meta", list_user_types),
    ("/api/v1/meta/schemas/apps/{id}/default", "okta.schemas.read", "meta", get_schema),
    ("/api/v1/groups/{id}", "okta.groups.read", "groups", get_group),
    ("/api/v1/groups/{id}/users", "okta.groups.read", "groups", list_members),
    ("/api/v1/logs", "okta.logs.read", "logs", list_log),
)
"""Path, the scope it needs, the rate-limit bucket it draws on, and who answers."""


def _app(world: World, request: Request) -> App:
    wanted = request.path_params["id"]
    app = world.okta.apps.get(wanted)
    if app is None:
        raise NotFoundError(f"{wanted} (AppInstance)")
    return app


def _page(
    world: World,
    request: Request,
    rows: Iterable[Row] | Sequence[Row],
    shape: Callable[[Row], object],
    *,
    limits: tuple[int, int],
    forgets: tuple[str, ...] = (),
    endless: bool = False,
) -> Answer:
    """Answer one page with its Link headers: `self`, and `next` while there is more.

    `limits` are the default and the largest page; `forgets` names the parameters that the
    `next` link loses; `endless` gives a `next` on the last page too.
    """
    query = dict(request.query_params)
    default, largest = limits
    asked = query.get("limit", "")
    size = min(int(asked), largest) if asked.isdecimal() and int(asked) else default
    start = int(query.get("after", "0").removeprefix("c") or 0)
    page = list(islice(rows, start, start + size + 1))
    here = f"{world.okta.url}{request.url.path}"
    links = [f'<{here}{"?" if query else ""}{urlencode(query)}>; rel="self"']
    if len(page) > size or endless:
        onward = {key: value for key, value in query.items() if key not in forgets}
        reached = start + min(len(page), size)
        onward |= {"after": f"c{reached:012d}", "limit": str(size)}
        links.append(f'<{here}?{urlencode(onward)}>; rel="next"')
    return Answer(
        [shape(row) for row in page[:size]],
        headers=tuple(("link", link) for link in links),
    )


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise log_filter.FilterError(text) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _error(code: str, what: str = "", cause: str | None = None) -> Answer:
    status, body = okta_wire.error(code, what, cause)
    return Answer(body, status)


def _unknown(request: Request, _: Exception) -> Response:
    return _error("E0000007", f"Resource not found: {request.url.path}").response()


def _wrong_verb(_: Request, __: Exception) -> Response:
    return _error("E0000022").response()
