"""Who may read the reports: whoever knows the password, or whom a trusted proxy has signed in."""

import hashlib
import hmac
import threading
import time
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.clock import Clock
from auditor.config.service_settings import ServeSettings

COOKIE = "auditor-login"
LASTS = 12 * 3600
"""Seconds that a login holds."""

LONGEST = 4096
"""Bytes of a login form."""

PAUSE = 1
"""Seconds that each wrong password costs, one after the other, whoever tries."""

_FORM = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Reports</title>
<meta name="viewport" content="width=device-width"><h1>Reports</h1>{said}
<form method="post" action="/login"><label>Password
<input type="password" name="password" autocomplete="current-password" autofocus required></label>
<button>Open</button></form></html>
"""


class Login:
    """Lets through who is known; asks the others for the password, or refuses them."""

    def __init__(self, app: ASGIApp, serve: ServeSettings, now: Clock) -> None:
        self._app = app
        self._serve = serve
        self._now = now
        self._one_try = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the reports answer."""
        request = Request(scope, receive)
        if self._serve.password and request.url.path == "/login":
            answer: ASGIApp = await self._log_in(request)
        elif self._is_open or self._comes_by_proxy(request) or self._holds_cookie(request):
            answer = self._app
        elif self._serve.password:
            answer = RedirectResponse("/login", 303)
        else:
            answer = PlainTextResponse("Not signed in.\n", 401)
        await answer(scope, receive, send)

    @property
    def _is_open(self) -> bool:
        """Tell whether nothing is asked: on loopback, unless the configuration wants a login."""
        return not (self._serve.password or self._serve.user_header)

    def _comes_by_proxy(self, request: HTTPConnection) -> bool:
        header, client = self._serve.user_header, request.client
        if not (header and client and request.headers.get(header)):
            return False
        return any(ip_address(client.host) in network for network in self._serve.proxies)

    def _holds_cookie(self, request: HTTPConnection) -> bool:
        until, _, proof = request.cookies.get(COOKIE, "").partition(".")
        if not until.isdecimal() or int(until) < self._now().timestamp():
            return False
        return bool(self._serve.password) and hmac.compare_digest(proof, self._proof(until))

    async def _log_in(self, request: Request) -> Response:
        if request.method != "POST":
            return _form()
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LONGEST:
                return PlainTextResponse("Too long.\n", 413)
        said = parse_qs(body.decode(errors="replace")).get("password", [""])[0]
        if not await run_in_threadpool(self._is_right, said):
            return _form("<p role=alert>That is not the password.</p>", 403)
        until = str(int(self._now().timestamp()) + LASTS)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            f"{until}.{self._proof(until)}",
            max_age=LASTS,
            httponly=True,
            samesite="strict",
            secure=not (self._serve.reports and self._serve.reports.is_loopback),
        )
        return answer

    def _is_right(self, said: str) -> bool:
        """Compare; wrong ones wait for each other, so that many tries are no faster than one."""
        if hmac.compare_digest(said.encode(), self._password()):
            return True
        with self._one_try:
            time.sleep(PAUSE)
        return False

    def _proof(self, until: str) -> str:
        """Sign with the password itself: all replicas agree, and a new one ends all logins."""
        return hmac.new(self._password(), f"login {until}".encode(), hashlib.sha256).hexdigest()

    def _password(self) -> bytes:
        return self._serve.password.read().reveal().encode() if self._serve.password else b""


def _form(said: str = "", code: int = 200) -> Response:
    return HTMLResponse(_FORM.format(said=said), code)
