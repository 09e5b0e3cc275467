"""Okta over HTTP: authentication, rate limits and handlers."""

from collections.abc import Callable, Coroutine
from secrets import token_urlsafe
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auditor.sandbox.answer import Answer, Kept
from auditor.sandbox.okta import log_filter, oauth
from auditor.sandbox.okta.endpoints import PATHS, Handler, NotFoundError
from auditor.sandbox.okta.errors import error
from auditor.sandbox.okta.limits import RateLimits
from auditor.sandbox.worlds.world import World

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def okta_app(world: World) -> Starlette:
    """Return the ASGI app of an org."""
    limits = RateLimits(world)
    routes = [
        Route(path, _endpoint(world, limits, scope, bucket, handler), methods=["GET"])
        for path, scope, bucket, handler in PATHS
    ]
    token = Route("/oauth2/v1/token", oauth.token_endpoint(world), methods=["POST"])
    return Starlette(routes=[*routes, token], exception_handlers={404: _unknown, 405: _wrong_verb})


def _endpoint(
    world: World, limits: RateLimits, scope: str, bucket: str, handler: Handler
) -> Endpoint:
    """Put authentication, permission and the rate limit before a handler, in Okta's order."""
    kept = Kept()

    async def endpoint(request: Request) -> Response:
        with world.lock:
            granted, left = limits.spend(bucket)
            headers = (*left, ("X-Okta-Request-Id", f"req{token_urlsafe(16)}"))
            if not granted:
                return error("E0000047").response(*headers)
            scopes = oauth.scopes_of(world, request)
            if scopes is None:
                known = request.headers.get("authorization")
                return error("E0000011" if known else "E0000005").response(*headers)
            if scope not in scopes:
                return error("E0000006").response(*headers)
            if not world.frozen:
                return _answer(world, request, handler).response(*headers)
            kept_answer = kept.get(str(request.url), lambda: _answer(world, request, handler))
            return kept_answer.response(*headers)

    return endpoint


def _answer(world: World, request: Request, handler: Handler) -> Answer:
    try:
        return handler(world, request)
    except NotFoundError as missing:
        wanted, kind = missing.args
        return error("E0000007", f"Resource not found: {wanted} ({kind})")
    except log_filter.FilterError:
        return error("E0000031")


async def _unknown(request: Request, _: Exception) -> Response:
    return error("E0000007", f"Resource not found: {request.url.path}").response()


async def _wrong_verb(_: Request, __: Exception) -> Response:
    return error("E0000022").response()
