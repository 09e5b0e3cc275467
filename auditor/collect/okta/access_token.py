"""Access tokens of an Okta org. The SDK signs; the request goes over our own connection.

Only one public part of the SDK is used: its client assertion, which needs no event loop. Its HTTP
client is not used: it has no time-out, logs whole requests, and reads settings from the working
directory.

Importing this module takes as long as importing the SDK: over half a second.
"""

import time
from typing import Any, Literal

import httpx
import msgspec
from okta.jwt import JWT

from auditor.collect.http import HttpResponse, Transport, error_of_response
from auditor.collect.http.collect_error import CollectError, TransientError
from auditor.collect.http.limits import MIB
from auditor.collect.okta.possession_proof import ProofSigner
from auditor.config.secrets import OktaCredentials
from auditor.domain.collections import MissingReason
from auditor.serialization import from_json

TOKEN_PATH = "/oauth2/v1/token"  # noqa: S105  (an address)
RENEW_BEFORE_SECONDS = 300
"""How long before its end a token is renewed."""

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NONCE_WANTED = "use_dpop_nonce"
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
"""Error codes of RFC 6749 and RFC 9449. Only these are quoted from a refusal."""


class OktaToken(msgspec.Struct, frozen=True):
    """A token and the way in which it is sent."""

    scheme: Literal["Bearer", "DPoP"]
    value: str
    renew_at: float
    """On the clock of :func:`time.monotonic`."""


class _TokenBody(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105  (a kind of token)
    expires_in: float = 3600


class _RefusalBody(msgspec.Struct):
    error: str = ""


class TokenClient:
    """An OAuth client of one org. Every method may be called from several threads."""

    def __init__(self, org_url: str, credentials: OktaCredentials, wire: Transport) -> None:
        self._org_url = org_url.rstrip("/")
        self._credentials = credentials
        self._wire = wire
        self._proofs = ProofSigner() if credentials.dpop else None

    def request_token(self) -> OktaToken:
        """Request a new token.

        Raises :class:`TransientError` where a later request may succeed, else
        :class:`CollectError` with the reason ``UNAUTHORIZED``.
        """
        answer = self._post()
        # A client has no nonce before the first refusal (RFC 9449, section 8), so one repetition is
        # usual.
        if self.keep_nonce(answer.headers) and _refusal_code(answer) == _NONCE_WANTED:
            answer = self._post()
            self.keep_nonce(answer.headers)
        if answer.status == httpx.codes.OK:
            return self._token(answer)
        failure = error_of_response(answer)
        if isinstance(failure, TransientError):
            raise failure
        code = _refusal_code(answer)
        raise _refused(answer.status, code if code in _OAUTH_CODES else "")

    def sign(self, request: httpx.Request, token: OktaToken) -> None:
        """Set the headers that carry the token and, where it is bound to a key, the proof."""
        request.headers["Authorization"] = f"{token.scheme} {token.value}"
        if self._proofs and token.scheme == "DPoP":
            request.headers["DPoP"] = self._proofs.sign(request.method, request.url, token.value)

    def keep_nonce(self, headers: httpx.Headers) -> bool:
        """Use the nonce of an answer in the next proofs; return whether there is one."""
        nonce = headers.get("dpop-nonce")
        if not (nonce and self._proofs):
            return False
        self._proofs.nonce = nonce
        return True

    def _post(self) -> HttpResponse:
        """Send a token request once. Okta accepts each assertion once, also a refused one."""
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(self._credentials.scopes),
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        headers = {"Accept": "application/json"}
        if self._proofs:
            url = httpx.URL(f"{self._org_url}{TOKEN_PATH}")
            headers["DPoP"] = self._proofs.sign("POST", url)
        try:
            return self._wire.post_form(TOKEN_PATH, form, headers, cap=MIB)
        except CollectError as error:
            # Without an answer, nothing is known about the key: a later request may succeed.
            if isinstance(error, TransientError) or error.missing.why is MissingReason.TIMEOUT:
                raise
            raise _refused(error.missing.status) from error

    def _assertion(self) -> str:
        sdk: Any = JWT  # the SDK has no types
        known = self._credentials
        try:
            key = _read_key(known.private_key.reveal() if known.private_key else "")
            return str(sdk.create_token(self._org_url, known.client_id, key, known.key_id))
        except Exception:  # noqa: BLE001  (the SDK does not document its errors for a key)
            # without its cause, which may quote the key
            raise _refused() from None

    def _token(self, answer: HttpResponse) -> OktaToken:
        try:
            body = from_json(answer.body, _TokenBody)
        except msgspec.DecodeError:
            # Without its cause, which may quote the answer and so the token.
            raise _refused(answer.status) from None
        # The type of a token may be in any case (RFC 6749, section 5.1).
        is_bound = body.token_type.lower() == "dpop"
        if not body.access_token or not (is_bound or body.token_type.lower() == "bearer"):
            raise _refused(answer.status)
        # A token that is bound to a key which the auditor does not have cannot be used.
        if is_bound and not self._proofs:
            raise _refused(answer.status)
        # A token for less than ten minutes is renewed after half of its time, not at once.
        lasts = max(body.expires_in - RENEW_BEFORE_SECONDS, body.expires_in / 2)
        return OktaToken(
            "DPoP" if is_bound else "Bearer", body.access_token, time.monotonic() + lasts
        )


def _read_key(text: str) -> str | dict[str, str]:
    """Return a PEM, or the members of a JWK that are text, because the SDK accepts no others.

    Raises :class:`ValueError` for other text, which the SDK would read as the name of a file, and
    :class:`msgspec.DecodeError` for a JWK that is not readable.
    """
    if text.lstrip().startswith("{"):
        return {
            name: each
            for name, each in from_json(text, dict[str, Any]).items()
            if isinstance(each, str)
        }
    if not text.lstrip().startswith("-----BEGIN"):
        raise ValueError
    return text


def _refusal_code(answer: HttpResponse) -> str:
    try:
        return from_json(answer.body, _RefusalBody).error
    except msgspec.DecodeError:
        return ""


def _refused(status: int | None = None, code: str = "") -> CollectError:
    return CollectError(
        MissingReason.UNAUTHORIZED,
        f"POST {TOKEN_PATH}",
        code or "the private key gave no access token",
        status,
    )
