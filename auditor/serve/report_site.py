"""The report site: an index of the targets, and the reports of each. It can only be read."""

import html
import re
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.config.settings import Settings
from auditor.errors import DeliveryError
from auditor.publish.archive import INDEX_FILE
from auditor.publish.destinations import open_destination
from auditor.serve.login import ReportAuthentication, refusal

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
# The names that reports have: the folder can contain other files.
_FILE = re.compile(r"(\d{4}-W\d\d(-affected)?|latest|report-[0-9]{4}[0-9TZto-]*)\.(html|csv)")
_PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Reports</title>
<meta name="viewport" content="width=device-width"><h1>Reports</h1><ul>{items}</ul></html>
"""
_AS_FILE = {"content-disposition": "attachment"}
_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}


def _front_page(settings: Settings) -> bytes | str:
    """Return the overview of all targets if it was written, otherwise a list of them."""
    try:
        overview = open_destination(settings.report.destination, "").read(INDEX_FILE)
    # The list of targets needs no file.
    except DeliveryError:
        overview = None
    if overview is not None:
        return overview
    names = (html.escape(each.name) for each in settings.targets)
    return _PAGE.format(items="".join(f'<li><a href="{name}/">{name}</a></li>' for name in names))


def reports_app(settings: Callable[[], Settings]) -> Starlette:
    """Return the app of the report site.

    Links and redirects are relative, so that a proxy may serve the site under a sub-path.
    """

    async def targets(_: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(_front_page, settings()))

    async def add_slash(request: Request) -> Response:
        target = request.path_params["target"]
        if target not in {each.name for each in settings().targets}:
            return PlainTextResponse("There is no such report.\n", 404)
        return RedirectResponse(f"{target}/", 308)

    async def report(request: Request) -> Response:
        target, name = request.path_params["target"], request.path_params.get("name") or INDEX_FILE
        return await run_in_threadpool(_report, target, name)

    def _report(target: str, name: str) -> Response:
        # Only names of targets: a path must not lead to another folder of the destination.
        known = target in {each.name for each in settings().targets}
        if not known or not (name == INDEX_FILE or _FILE.fullmatch(name)):
            return PlainTextResponse("There is no such report.\n", 404)
        try:
            page = open_destination(settings().report.destination, target).read(name)
        except DeliveryError:
            return PlainTextResponse("The reports cannot be read now.\n", 503)
        if page is None:
            return PlainTextResponse("There is no such report yet.\n", 404)
        # As a download: a browser must not display outside text as a page.
        if name.endswith(".csv"):
            return Response(page, media_type="text/csv", headers=_AS_FILE)
        return HTMLResponse(page)

    serve = settings().serve
    app = Starlette(
        routes=[
            Route("/", targets),
            Route("/{target}", add_slash),
            Route("/{target}/", report),
            Route("/{target}/{name}", report),
        ],
        middleware=[
            # In this order: an unknown host is refused first, and a refused login has the security
            # headers too.
            Middleware(
                TrustedHostMiddleware, allowed_hosts=[*LOOPBACK_NAMES, *serve.trusted_hosts]
            ),
            Middleware(_SecurityHeaders),
            Middleware(
                AuthenticationMiddleware, backend=ReportAuthentication(serve), on_error=refusal
            ),
        ],
    )
    # Starlette's own redirect is absolute, so it would lose a sub-path.
    app.router.redirect_slashes = False
    return app


class _SecurityHeaders:
    """Adds headers that keep pages with names out of caches, frames and other sites."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, sent)
