"""The paths of Okta that the auditor reads, one handler each."""

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from auditor.sandbox.answer import Answer
from auditor.sandbox.model.org import App, Group
from auditor.sandbox.okta import log_filter, shape_app, shape_log, shape_mapping, shape_people
from auditor.sandbox.okta.errors import error
from auditor.sandbox.okta.paging import page
from auditor.sandbox.worlds.world import World

Handler = Callable[[World, Request], Answer]


LOG_KEPT = timedelta(days=90)


class NotFoundError(LookupError):
    """No object of that kind has this id."""


def list_apps(world: World, request: Request) -> Answer:
    """`/apps?q=`: by name or label, from the start."""
    wanted = request.query_params.get("q", "").lower()
    apps = [
        app
        for app in world.okta.apps.values()
        if app.label.lower().startswith(wanted) or app.name.startswith(wanted)
    ]
    return page(world, request, apps, lambda app: shape_app.app(app, world.okta), limits=(20, 200))


def get_app(world: World, request: Request) -> Answer:
    """`/apps/{id}`."""
    return Answer(shape_app.app(_app(world, request), world.okta))


def get_capabilities(world: World, request: Request) -> Answer:
    """`/apps/{id}/features`: refused for a custom app unless the world shows them."""
    app = _app(world, request)
    if not app.shows_capabilities:
        return error("E0000001", "feature", "Provisioning is not supported.")
    return Answer(shape_app.capabilities(app, world.okta))


def get_connection(world: World, request: Request) -> Answer:
    """`/apps/{id}/connections/default`."""
    return Answer(shape_app.connection(_app(world, request), world.okta, world.unleash.url))


def list_assignments(world: World, request: Request) -> Answer:
    """`/apps/{id}/users?expand=user`."""
    app, embed = _app(world, request), request.query_params.get("expand") == "user"
    return page(
        world,
        request,
        app.assignments.values(),
        lambda one: shape_people.assignment(one, app, world.okta, embed=embed),
        limits=(50, 500),
    )


def list_app_groups(world: World, request: Request) -> Answer:
    """`/apps/{id}/groups?expand=group`."""
    app, embed = _app(world, request), request.query_params.get("expand") == "group"
    return page(
        world,
        request,
        list(enumerate(app.group_ids)),
        lambda one: shape_people.group_assignment(one[1], one[0], app, world.okta, embed=embed),
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
    return page(
        world,
        request,
        pushes,
        lambda push: shape_people.group_push(push, app, world.okta),
        limits=(100, 1000),
    )


def list_mappings(world: World, request: Request) -> Answer:
    """`/mappings?sourceId=&targetId=`: its `next` link drops the filter, as recorded."""
    query = request.query_params
    mappings = [
        mapping
        for mapping in world.okta.mappings.values()
        if query.get("sourceId") in (None, mapping.source.id)
        and query.get("targetId") in (None, mapping.target.id)
    ]
    return page(
        world,
        request,
        mappings,
        lambda one: shape_mapping.mapping(one, world.okta, whole=False),
        limits=(20, 200),
        forgets=("sourceId", "targetId"),
    )


def get_mapping(world: World, request: Request) -> Answer:
    """`/mappings/{id}`."""
    wanted = request.path_params["id"]
    mapping = world.okta.mappings.get(wanted)
    if mapping is None:
        raise NotFoundError(wanted, "ProfileMapping")
    return Answer(shape_mapping.mapping(mapping, world.okta, whole=True))


def list_user_types(world: World, _: Request) -> Answer:
    """`/meta/types/user`: all on one page."""
    return Answer([shape_mapping.user_type(one, world.okta) for one in world.okta.types.values()])


def get_schema(world: World, request: Request) -> Answer:
    """`/meta/schemas/apps/{id}/default`."""
    return Answer(shape_app.schema(_app(world, request), world.okta))


def get_group(world: World, request: Request) -> Answer:
    """`/groups/{id}`."""
    return Answer(shape_people.group(_group(world, request), world.okta))


def list_members(world: World, request: Request) -> Answer:
    """`/groups/{id}/users`."""
    group = _group(world, request)
    return page(
        world,
        request,
        [world.okta.people[member] for member in group.member_ids],
        lambda person: shape_people.person(person, world.okta),
        limits=(200, 1000),
    )


def list_log(world: World, request: Request) -> Answer:
    """`/logs?since=&until=&filter=`: ninety days; no `until`, no end to `next`.

    Without `until`, events come in the order in which they were persisted.
    """
    query = request.query_params
    now = world.now
    # Okta's default of `since` is seven days ago (its reference).
    since = max(_time(query.get("since")) or now - timedelta(days=7), now - LOG_KEPT)
    until = _time(query.get("until")) or now
    test = log_filter.read(query["filter"]) if query.get("filter") else lambda _: True
    log = world.okta.log
    first = bisect_left(log, since, key=lambda event: event.at)
    last = bisect_left(log, until, key=lambda event: event.at)
    # Okta can persist an event late, so that a reader of a fixed period misses it.
    shown = (event for event in log[first:last] if event.persisted_at <= now)
    events = [event for event in shown if test(event)]
    if "until" not in query:
        events.sort(key=lambda event: event.persisted_at)
    if query.get("sortOrder") == "DESCENDING":
        events.reverse()
    return page(
        world,
        request,
        events,
        shape_log.log_event,
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
        raise NotFoundError(wanted, "AppInstance")
    return app


def _group(world: World, request: Request) -> Group:
    wanted = request.path_params["id"]
    group = world.okta.groups.get(wanted)
    if group is None:
        raise NotFoundError(wanted, "UserGroup")
    return group


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise log_filter.FilterError(text) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
