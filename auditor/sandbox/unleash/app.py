"""Unleash over HTTP: the token first, then the path, then the permission."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from auditor.sandbox.answer import Answer, Kept
from auditor.sandbox.unleash.callers import Caller, find_caller
from auditor.sandbox.unleash.endpoints import PATHS
from auditor.sandbox.unleash.errors import error, shown
from auditor.sandbox.worlds.world import World

PAGE = "<!DOCTYPE html>\n<html lang='en'><head><title>Unleash</title></head><body></body></html>\n"
NOT_ADMIN = (
    "You don't have the required permissions to perform this operation. To perform this action,"
    ' you need the "ADMIN" permission.'
)


def unleash_app(world: World) -> Starlette:
    """Return the ASGI app of an instance."""
    kept = Kept()

    async def health(_: Request) -> Response:
        return shown({"health": "GOOD"}).response()

    async def scim(_: Request) -> Response:
        """Answer at SCIM's own address: without SCIM it is the page of the admin interface."""
        if not (world.unleash.scim_enabled and world.unleash.scim_is_reachable):
            return HTMLResponse(PAGE)
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": "Unauthorized",
            "status": "401",
        }
        return Answer(body, 401, content_type="application/scim+json").response()

    async def endpoint(request: Request) -> Response:
        with world.lock:
            # A real server answers 401 before 404 (recorded).
            caller = find_caller(world, request)
            if isinstance(caller, Answer):
                return caller.response()
            if not world.frozen:
                return _answer(world, request, caller).response()
            key = f"{caller.id} {request.url}"
            return kept.get(key, lambda: _answer(world, request, caller)).response()

    return Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Route("/scim/{rest:path}", scim, methods=["GET"]),
            Route("/{rest:path}", endpoint, methods=["GET"]),
        ]
    )


def _answer(world: World, request: Request, caller: Caller) -> Answer:
    for path in PATHS:
        match = path.pattern.fullmatch(request.url.path)
        if match and (world.unleash.is_enterprise or not path.enterprise):
            if path.admin and not caller.is_admin:
                return error(403, "PermissionError", NOT_ADMIN, permissions=["ADMIN"])
            request.path_params.update(match.groupdict())
            return path.handler(world, request, caller)
    missing = f"The path you were looking for ({request.url.path}) is not available."
    return error(404, "NotFoundError", missing)
