"""Proof of possession (RFC 9449): a token is accepted only with a proof by its key."""

import hashlib
import json
from base64 import urlsafe_b64encode

import jwt
from starlette.requests import Request

from auditor.sandbox.okta.refusal import Reason, RefusedError

NONCE = "sandbox-dpop-nonce"


def prove(request: Request, *, nonce: str | None = None, token: str | None = None) -> str:
    """Check the proof of a request and return the thumbprint of its key.

    A proof is for one method and address. If required, it contains a nonce or the hash of a token.
    Raises RefusedError.
    """
    proof = request.headers.get("dpop", "")
    try:
        key = jwt.get_unverified_header(proof)["jwk"]
        claims = jwt.decode(proof, jwt.PyJWK(key), algorithms=["RS256", "ES256"])
    except (jwt.InvalidTokenError, jwt.PyJWKError, KeyError) as error:
        raise RefusedError(Reason.invalid_dpop_proof) from error
    if nonce and claims.get("nonce") != nonce:
        raise RefusedError(Reason.use_dpop_nonce)
    # The address in a proof has neither query nor fragment (RFC 9449, 4.2).
    here = str(request.url.replace(query="", fragment=""))
    wanted = {"htm": request.method, "htu": here} | ({"ath": _digest(token)} if token else {})
    if any(claims.get(name) != value for name, value in wanted.items()):
        raise RefusedError(Reason.invalid_dpop_proof)
    return _thumbprint(key)


def _thumbprint(key: dict[str, str]) -> str:
    """Return the RFC 7638 thumbprint of a public key."""
    names = ("e", "kty", "n") if key["kty"] == "RSA" else ("crv", "kty", "x", "y")
    return _digest(json.dumps({name: key[name] for name in names}, separators=(",", ":")))


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
