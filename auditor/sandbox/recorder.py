"""Records every request, and refuses every request that would write."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.sandbox.okta.errors import error

READ_ONLY = ("okta", "unleash")
# The only POST of the auditor: it requests an access token, and changes nothing in the org.
TOKEN_REQUEST = ("okta", "POST", "/oauth2/v1/token")


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request, without secrets."""

    service: str
    method: str
    path: str
    query: dict[str, str]
    at: datetime
    """Real time."""
    headers: dict[str, str]
    """Names in lower case; of `authorization` only the scheme, if it names one."""


class Recorder:
    """ASGI middleware around one service."""

    def __init__(
        self,
        service: str,
        app: ASGIApp,
        *,
        seen: list[RecordedRequest],
        refused: list[RecordedRequest],
    ) -> None:
        self._service = service
        self._app = app
        self._seen = seen
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record the request, then refuse it or pass it on."""
        # Slack's Socket Mode is a WebSocket, and ASGI announces the start and the end of the
        # server.
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _recorded(self._service, scope)
        self._seen.append(request)
        if self._would_write(request):
            self._refused.append(request)
            await error("E0000022").response()(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _would_write(self, request: RecordedRequest) -> bool:
        asked = (request.service, request.method, request.path)
        return self._service in READ_ONLY and request.method != "GET" and asked != TOKEN_REQUEST


def _recorded(service: str, scope: Scope) -> RecordedRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    for secret in ("authorization", "cookie", "dpop"):
        if secret in headers:
            scheme, _, rest = headers[secret].partition(" ")
            # Unleash takes a token without a scheme: then the whole value is the secret.
            headers[secret] = scheme if rest else ""
    return RecordedRequest(
        service=service,
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        at=datetime.now(UTC),
        headers=headers,
    )
