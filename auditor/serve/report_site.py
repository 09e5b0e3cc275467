"""The listener for people: the reports, to be read and nothing else."""

import html
import re
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.errors import DeliveryError
from auditor.publish.archive import INDEX
from auditor.publish.destinations import open_destination
from auditor.serve.login import Login

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_FILE = re.compile(r"(\d{4}-W\d\d|latest)\.(html|csv)")
_PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Reports</title>
<meta name="viewport" content="width=device-width"><h1>Reports</h1><ul>{items}</ul></html>
"""
_TO_KEEP = {"content-disposition": "attachment"}
_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}


def reports_app(settings: Callable[[], Settings], now: Clock) -> Starlette:
    """Show the list of targets, each one's index and its reports."""

    def targets(_: Request) -> Response:
        names = (html.escape(each.name) for each in settings().targets)
        items = "".join(f'<li><a href="/{name}/">{name}</a></li>' for name in names)
        return HTMLResponse(_PAGE.format(items=items))

    def report(request: Request) -> Response:
        target, name = request.path_params["target"], request.path_params.get("name") or INDEX
        known = target in {each.name for each in settings().targets}
        if not known or not (name == INDEX or _FILE.fullmatch(name)):
            return PlainTextResponse("There is no such report.\n", 404)
        try:
            page = open_destination(settings().report.destination, target).read(name)
        except DeliveryError:
            return PlainTextResponse("The reports cannot be read now.\n", 503)
        if page is None:
            return PlainTextResponse("There is no such report yet.\n", 404)
        if name.endswith(".csv"):
            return Response(page, media_type="text/csv", headers=_TO_KEEP)
        return HTMLResponse(page)

    serve = settings().serve
    return Starlette(
        routes=[
            Route("/", targets),
            Route("/{target}/", report),
            Route("/{target}/{name}", report),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *serve.trusted_hosts]),
            Middleware(_SecurityHeaders),
            Middleware(Login, serve=serve, now=now),
        ],
    )


class _SecurityHeaders:
    """Keeps pages with names out of caches, frames and other sites."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, sent)
