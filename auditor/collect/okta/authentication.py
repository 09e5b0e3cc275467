"""Signing in to Okta: with an API token, or with a private key (OAuth, also with DPoP).

An API token is one header, written here. The Okta SDK would write the same header (a test compares
the two), but its import costs over half a second and thirty megabytes. So the SDK is imported only
for a private key, where it signs.
"""

import threading
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import httpx

from auditor.collect.http import SignIn, Transport
from auditor.collect.http.collect_error import CollectError, TransientError
from auditor.collect.http.transport import HeaderAuth
from auditor.config.secrets import OktaCredentials

if TYPE_CHECKING:
    from auditor.collect.okta.access_token import OktaToken, TokenClient


class PrivateKeyAuth(httpx.Auth):
    """Signs requests with an access token, and proofs of possession where the client needs them.

    All threads use one token. One of them requests it while the others wait.
    """

    def __init__(self, client: "TokenClient") -> None:
        self._client = client
        self._turn = threading.Lock()
        self._token: OktaToken | None = None
        self._failure: CollectError | None = None
        self._failures = 0

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request. Sign it once more if Okta requires a nonce or has revoked the token."""
        token = self._current_token()
        self._client.sign(request, token)
        response = yield request
        if self._can_sign_again(response, token):
            self._client.sign(request, self._current_token())
            yield request

    def _current_token(self) -> "OktaToken":
        """Return a valid token. Raises CollectError when there is none."""
        # This is read before the lock: the number rises while this thread waits for another one
        # that fails.
        failures_before = self._failures
        with self._turn:
            if self._failure and self._is_settled(failures_before):
                raise self._failure
            if self._token is None or time.monotonic() >= self._token.renew_at:
                # This comes before the request: if it fails, the old token must not be sent again.
                self._token = None
                try:
                    self._token = self._client.request_token()
                except CollectError as error:
                    self._failure = error
                    self._failures += 1
                    raise
            return self._token

    def _is_settled(self, failures_before: int) -> bool:
        """Return whether the last failure is also the result of this request.

        A refusal is final. A temporary failure is the result only for the threads that waited for
        it.
        """
        is_refused = not isinstance(self._failure, TransientError)
        return is_refused or self._failures != failures_before

    def _can_sign_again(self, response: httpx.Response, token: "OktaToken") -> bool:
        """Keep the nonce of a refusal. Return whether a new signature can help."""
        # A nonce is required by 400 or 401 (RFC 9449), and a revoked token is refused by 401.
        if response.status_code not in {httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED}:
            return False
        if self._client.keep_nonce(response.headers):
            return True
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return False
        with self._turn:
            if self._token is token:  # otherwise another thread has replaced the token
                self._token = None
        return True


def okta_sign_in(org_url: str, credentials: OktaCredentials) -> SignIn:
    """Choose how to sign in to an Okta org."""

    def sign_in(wire: Transport) -> httpx.Auth:
        if credentials.token is not None:
            return HeaderAuth(credentials.token, "SSWS")
        from auditor.collect.okta.access_token import TokenClient

        return PrivateKeyAuth(TokenClient(org_url, credentials, wire))

    return sign_in
