"""The Okta SDK's request executor, over our own connection.

It makes the client assertion and the DPoP proofs and keeps the access token. Its own HTTP client
has no time-out and logs whole requests, and it would read settings from the working directory:
it is given our connection and our settings instead.

The SDK is imported when it is started: the import takes longer than all others of an audit
together, and only a private key needs it.
"""

import json
from dataclasses import dataclass
from logging import CRITICAL, getLogger
from typing import Any

import httpx
import msgspec

from auditor.collect.http import Transport, error_of_response
from auditor.collect.http.collect_error import CollectError, TransientError
from auditor.collect.http.limits import MIB
from auditor.config.secrets import OktaCredentials
from auditor.domain.collections import MissingReason
from auditor.serialization import from_json

TOKEN_PATH = "/oauth2/v1/token"  # noqa: S105  (an address)
RENEW_BEFORE_EXPIRY_MINUTES = 5
"""Minutes before its end in which a token is renewed."""


@dataclass(frozen=True, slots=True)
class _Details:
    """The part of an aiohttp response that the SDK reads of the token's answer."""

    status: int
    headers: httpx.Headers
    content_type: str


class _Token(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105  (a kind of token)


class _TokenSender:
    """Stands where the SDK has its HTTP client; sends the token request and nothing else."""

    def __init__(self, wire: Transport) -> None:
        self._wire = wire

    async def send_request(
        self, request: dict[str, Any]
    ) -> tuple[None, _Details | None, str | None, CollectError | None]:
        """Send it once, to our own org; the caller repeats it."""
        try:
            answer = self._wire.post_form(TOKEN_PATH, request["form"], request["headers"], cap=MIB)
        except CollectError as error:
            return None, None, None, error
        if answer.status != httpx.codes.OK:
            failure = error_of_response(answer)
            if isinstance(failure, TransientError):
                return None, None, None, failure
        elif not _holds_token(answer.body):  # the SDK would send any text as a token
            words = "no access token that is of use"
            failure = CollectError(MissingReason.BAD_PAYLOAD, answer.name, words, answer.status)
            return None, None, None, failure
        kind = answer.headers.get("content-type", "").partition(";")[0]
        details = _Details(answer.status, answer.headers, kind)
        return None, details, answer.body.decode(errors="replace"), None


def _holds_token(body: bytearray) -> bool:
    try:
        token = from_json(body, _Token)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return token.token_type.lower() in {"bearer", "dpop"}


def start_sdk(org_url: str, credentials: OktaCredentials, wire: Transport) -> Any:  # noqa: ANN401  (it has no types)
    """Make the SDK's executor, which has no types."""
    from okta.cache.no_op_cache import NoOpCache
    from okta.constants import LOGGER_NAME
    from okta.request_executor import RequestExecutor

    for name in ("okta", LOGGER_NAME):
        # at DEBUG it logs assertions, and at ERROR the nonce that Okta always asks for first
        getLogger(name).setLevel(CRITICAL)
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
            "oauthTokenRenewalOffset": RENEW_BEFORE_EXPIRY_MINUTES,
            "requestTimeout": 0,
            "rateLimit": {"maxRetries": 0},
        }
    }


def _jwk(text: str) -> dict[str, str]:
    """Read a JWK; the SDK can only take members that are text."""
    return {name: value for name, value in json.loads(text).items() if isinstance(value, str)}
