"""Signing in to Okta with a private key: an access token, renewed, and proofs of possession."""

import asyncio
import threading
from collections.abc import Generator
from functools import partial
from typing import Any

import httpx

from auditor.collect.http import SignIn, Transport
from auditor.collect.http.collect_error import CollectError, TransientError
from auditor.collect.http.transport import HeaderAuth
from auditor.collect.okta.sdk_token import TOKEN_PATH, start_sdk
from auditor.config.secrets import OktaCredentials
from auditor.domain.collections import MissingReason

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

    def __init__(self, org_url: str, credentials: OktaCredentials, wire: Transport) -> None:
        self._turn = threading.Lock()
        self._sdk: Any = None
        self._start = partial(start_sdk, org_url, credentials, wire)
        self._failure: CollectError | None = None
        self._failures = 0

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign; and once more when Okta wants a nonce, or a new token for a revoked one."""
        self._sign(request)
        response = yield request
        if self._can_sign_again(response):
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> None:
        failures_before = self._failures
        with self._turn:
            if self._failure and self._is_settled(failures_before):
                raise self._failure
            headers = self._signed_headers(str(request.url))
        for name in ("Authorization", "DPoP", "x-okta-user-agent-extended"):
            if name in headers:
                request.headers[name] = headers[name]

    def _is_settled(self, failures_before: int) -> bool:
        """Whether the last failure also answers this request.

        A refusal is, for good; what may pass is, for those who waited while it happened.
        """
        is_refused = not isinstance(self._failure, TransientError)
        return is_refused or self._failures != failures_before

    def _signed_headers(self, url: str) -> dict[str, str]:
        """Let the SDK sign. Raises CollectError for every error that the SDK raises or returns."""
        try:
            self._sdk = self._sdk or self._start()
            signed, error = asyncio.run(self._sdk.create_request("GET", url))
        except Exception as failure:  # noqa: BLE001  (it promises nothing about what it raises)
            signed, error = None, failure
        if error is None:
            return dict(signed["headers"])
        self._failure = error if isinstance(error, TransientError) else _refusal(error)
        self._failures += 1
        # without its cause: an SDK error may quote the answer or the key
        raise self._failure from None

    def _can_sign_again(self, response: httpx.Response) -> bool:
        """Keep the nonce of a refusal. Return whether a new signature can help."""
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


def _refusal(error: Exception) -> CollectError:
    code = getattr(error, "error_code", None)
    detail = code if code in _OAUTH_CODES else "the private key gave no access token"
    return CollectError(
        MissingReason.UNAUTHORIZED, f"POST {TOKEN_PATH}", detail, getattr(error, "status", None)
    )


def okta_sign_in(org_url: str, credentials: OktaCredentials) -> SignIn:
    """Choose how to sign in to an Okta org."""

    def sign_in(wire: Transport) -> httpx.Auth:
        if credentials.token is not None:
            return HeaderAuth(credentials.token, "SSWS")

        return PrivateKeyAuth(org_url, credentials, wire)

    return sign_in
