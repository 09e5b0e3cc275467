"""Signing in to Okta: SSWS tokens, and OAuth with a private key, with or without DPoP."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import Response

from auditor.sandbox.answer import Answer

if TYPE_CHECKING:
    from auditor.sandbox.world import World

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 3600
NONCE = "sandbox-dpop-nonce"


@dataclass
class Client:
    """A service app of the org: who may ask for tokens, with which key."""

    id: str
    scopes: frozenset[str]
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    issued: dict[str, frozenset[str]] = field(default_factory=dict)
    """Scopes by access token."""
    thumbprints: dict[str, str] = field(default_factory=dict)
    """The key a DPoP token is bound to."""
    assertions: set[str] = field(default_factory=set)

    @property
    def private_key(self) -> str:
        """The key as PEM, for the auditor's configuration."""
        encoded = self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        return encoded.decode()


class RefusedError(Exception):
    """The token request is refused: OAuth error code and what to say about it."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


def scopes_of(world: "World", request: Request) -> frozenset[str] | None:
    """Return what the caller may read, or None when nobody vouches for them.

    The typed SDK writes `SSWS<token>` without a space, its request executor with one.
    """
    header = request.headers.get("authorization", "")
    if header.startswith("SSWS"):
        known = header.removeprefix("SSWS").strip() == world.okta_token
        return frozenset(world.okta_permissions) if known else None
    kind, _, token = header.partition(" ")
    for client in world.oauth_clients.values():
        scopes = client.issued.get(token)
        if scopes is not None and _is_held(client, kind, token, request):
            return scopes & world.okta_permissions
    return None


def token_endpoint(
    world: "World",
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return the handler of `POST /oauth2/v1/token`."""

    async def endpoint(request: Request) -> Response:
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        try:
            with world.lock:
                return _grant(world, request, form).response()
        except RefusedError as refused:
            body = {"error": refused.code, "error_description": str(refused)}
            nonce = (("dpop-nonce", NONCE),) if refused.code == "use_dpop_nonce" else ()
            status = 401 if refused.code == "invalid_client" else 400
            return Answer(body, status, nonce).response()

    return endpoint


def _grant(world: "World", request: Request, form: dict[str, str]) -> Answer:
    if form.get("grant_type") != "client_credentials":
        raise RefusedError("unsupported_grant_type", "The grant type is not supported.")
    client = _authenticated(world, form)
    asked = frozenset(form.get("scope", "").split())
    if not asked or not asked <= client.scopes:
        raise RefusedError("invalid_scope", "One or more scopes are not configured.")
    token = world.ids.noise(60)
    proof = request.headers.get("dpop")
    if world.requires_dpop or proof:
        client.thumbprints[token] = _proven(proof, request, nonce=NONCE)
    client.issued[token] = asked
    return Answer(
        {
            "token_type": "DPoP" if token in client.thumbprints else "Bearer",
            "expires_in": LIFETIME,
            "access_token": token,
            "scope": " ".join(sorted(asked)),
        }
    )


def _authenticated(world: "World", form: dict[str, str]) -> Client:
    """Return the client whose key signed the assertion: for us, unexpired, never seen."""
    assertion = form.get("client_assertion", "")
    try:
        claimed = jwt.decode(assertion, options={"verify_signature": False})
        client = world.oauth_clients[claimed["sub"]]
        claims = jwt.decode(
            assertion,
            client.key.public_key(),
            algorithms=["RS256"],
            audience=f"{world.okta.url}/oauth2/v1/token",
            issuer=client.id,
            options={"require": ["exp", "iss", "sub", "aud"]},
        )
    except (jwt.InvalidTokenError, KeyError) as error:
        raise RefusedError("invalid_client", "The client_assertion is not valid.") from error
    replayed = str(claims.get("jti", assertion))
    if form.get("client_assertion_type") != ASSERTION or replayed in client.assertions:
        raise RefusedError("invalid_client", "The client_assertion was used before.")
    client.assertions.add(replayed)
    return client


def _proven(proof: str | None, request: Request, *, nonce: str | None = None) -> str:
    """Check a DPoP proof and return the thumbprint of its key."""
    if proof is None:
        raise RefusedError("invalid_dpop_proof", "The DPoP proof JWT header is missing.")
    try:
        key = jwt.get_unverified_header(proof)["jwk"]
        claims = jwt.decode(proof, jwt.PyJWK(key), algorithms=["RS256", "ES256"])
    except (jwt.InvalidTokenError, jwt.PyJWKError, KeyError) as error:
        raise RefusedError("invalid_dpop_proof", "The DPoP proof JWT is not valid.") from error
    if nonce and claims.get("nonce") != nonce:
        raise RefusedError("use_dpop_nonce", "Authorization server requires nonce in DPoP proof.")
    here = str(request.url.replace(query="", fragment=""))
    if (claims.get("htm"), claims.get("htu")) != (request.method, here):
        raise RefusedError("invalid_dpop_proof", "The DPoP proof is for another request.")
    return _thumbprint(key)


def _is_held(client: Client, kind: str, token: str, request: Request) -> bool:
    """Whether a token comes as it was issued: a bound one with a proof of its key."""
    bound = client.thumbprints.get(token)
    if bound is None:
        return kind == "Bearer"
    try:
        proof = request.headers.get("dpop")
        thumbprint = _proven(proof, request)
    except RefusedError:
        return False
    claims = jwt.decode(proof or "", options={"verify_signature": False})
    digest = urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    return (kind, bound, digest) == ("DPoP", thumbprint, claims.get("ath"))


def _thumbprint(key: dict[str, str]) -> str:
    """Return the RFC 7638 thumbprint of a public key."""
    names = ("e", "kty", "n") if key["kty"] == "RSA" else ("crv", "kty", "x", "y")
    canonical = json.dumps({name: key[name] for name in names}, separators=(",", ":"))
    return urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
