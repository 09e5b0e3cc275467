"""Signing in to Okta with a private key, by the Okta SDK, over our own connection.

The SDK's request executor makes the client assertion and the DPoP proofs and keeps the access
token. Its own HTTP client has no time-out and logs whole requests; it is given ours instead.
"""

import asyncio
import json
import threading
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from logging import WARNING, getLogger
from typing import Any

import httpx
from okta.cache.no_op_cache import NoOpCache
from okta.constants import LOGGER_NAME
from okta.request_executor import RequestExecutor

from auditor.collect.failure import CollectError, TransientError
from auditor.collect.http import Wire, refusal
from auditor.collect.limits import MIB
from auditor.config.credentials import OktaCredentials
from auditor.world.snapshot import Why

TOKEN_PATH = "/oauth2/v1/token"  # noqa: S105  (an address)
RENEW_BEFORE = 5
"""Minutes before its end in which a token is renewed."""

for _talkative in ("okta", LOGGER_NAME):  # at DEBUG it logs assertions
    getLogger(_talkative).setLevel(WARNING)


_OAUTH_CODES = frozenset(
    {
        "invalid_client",
        "invalid_dpop_proof",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
"""RFC 6749 and RFC 9449: what may be repeated of a refusal."""


class PrivateKeyAuth(httpx.Auth):
    """Signs requests with an access token, and proofs of possession where the client needs them.

    Threads take turns: the SDK's token store is made for one.
    """

    def __init__(self, org_url: str, credentials: OktaCredentials, wire: Wire) -> None:
        self._turn = threading.Lock()
        self._refusal: CollectError | None = None
        self._sdk: Any = None
        self._start = partial(_start_sdk, org_url, credentials, wire)

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign; and once more when Okta wants a nonce, or a new token for a revoked one."""
        self._sign(request)
        response = yield request
        if self._may_mend(response):
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> None:
        with self._turn:
            if self._refusal is not None:
                raise self._refusal
            headers = self._signed_headers(str(request.url))
        for name in ("Authorization", "DPoP", "x-okta-user-agent-extended"):
            if name in headers:
                request.headers[name] = headers[name]

    def _signed_headers(self, url: str) -> dict[str, str]:
        """Let the SDK sign; whatever it raises or returns as an error becomes a CollectError."""
        try:
            self._sdk = self._sdk or self._start()
            signed, error = asyncio.run(self._sdk.create_request("GET", url))
        except Exception as failure:  # noqa: BLE001  (it promises nothing about what it raises)
            signed, error = None, failure
        if error is None:
            return dict(signed["headers"])
        if isinstance(error, TransientError):
            raise error
        # without its cause: an SDK error may quote the answer or the key
        code = getattr(error, "error_code", None)
        detail = code if code in _OAUTH_CODES else "the private key gave no access token"
        status = getattr(error, "status", None)
        self._refusal = CollectError(Why.FORBIDDEN, f"POST {TOKEN_PATH}", detail, status)
        raise self._refusal from None

    def _may_mend(self, response: httpx.Response) -> bool:
        """Take what a refusal teaches; tell whether signing again may help."""
        nonce = response.headers.get("dpop-nonce")
        if response.status_code not in {400, 401}:
            return False
        oauth = self._sdk._oauth  # noqa: SLF001  (the SDK has no other way to it)
        with self._turn:
            proofs = oauth.get_dpop_generator()
            if nonce and proofs:
                proofs.set_nonce(nonce)
                return True
            if response.status_code == httpx.codes.UNAUTHORIZED:
                oauth.clear_access_token()
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Details:
    """The part of an aiohttp response that the SDK reads of the token's answer."""

    status: int
    headers: httpx.Headers
    content_type: str


class _TokenSender:
    """Stands where the SDK has its HTTP client; sends the token request and nothing else."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send_request(
        self, request: dict[str, Any]
    ) -> tuple[None, _Details | None, str | None, CollectError | None]:
        """Send it once; asking again is up to whoever needed the token."""
        if request["method"] != "POST" or not request["url"].endswith(TOKEN_PATH):
            return (
                None,
                None,
                None,
                CollectError(Why.NOT_CONFIGURED, TOKEN_PATH, "no token request"),
            )
        try:
            answer = self._wire.post_form(TOKEN_PATH, request["form"], request["headers"], cap=MIB)
            if isinstance(failure := refusal(answer), TransientError):
                raise failure
        except CollectError as error:
            return None, None, None, error
        kind = answer.headers.get("content-type", "").partition(";")[0]
        details = _Details(answer.status, answer.headers, kind)
        return None, details, answer.body.decode(errors="replace"), None


def _start_sdk(org_url: str, credentials: OktaCredentials, wire: Wire) -> Any:  # noqa: ANN401
    """Make the SDK's executor, which has no types."""
    executor: Any = RequestExecutor
    cache: Any = NoOpCache
    return executor(
        _configuration(org_url, credentials), cache(), http_client=lambda _: _TokenSender(wire)
    )


def _configuration(org_url: str, credentials: OktaCredentials) -> dict[str, Any]:
    """Write what the SDK would have read from its files, which are never read."""
    key = credentials.private_key.reveal() if credentials.private_key else ""
    return {
        "client": {
            "orgUrl": org_url,
            "authorizationMode": "PrivateKey",
            "clientId": credentials.client_id,
            "privateKey": _jwk(key) if key.lstrip().startswith("{") else key,
            "kid": credentials.key_id,
            "scopes": list(credentials.scopes),
            "dpopEnabled": credentials.dpop,
            "oauthTokenRenewalOffset": RENEW_BEFORE,
            "requestTimeout": 0,
            "rateLimit": {"maxRetries": 0},
        }
    }


def _jwk(text: str) -> dict[str, str]:
    """Read a JWK; the SDK can only take members that are text."""
    return {name: value for name, value in json.loads(text).items() if isinstance(value, str)}
