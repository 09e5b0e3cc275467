"""Signing in to Okta: SSWS tokens, and OAuth with a private key, with or without DPoP."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import Response

from auditor.sandbox.answer import Answer
from auditor.sandbox.okta import dpop
from auditor.sandbox.okta.refusal import Reason, RefusedError

if TYPE_CHECKING:
    from auditor.sandbox.world import World

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 3600


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token: what it may read, and the key it is bound to, if any."""

    scopes: frozenset[str]
    thumbprint: str | None


@dataclass
class Client:
    """A service app of the org: who may ask for tokens, with which key."""

    id: str
    scopes: frozenset[str]
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    issued: dict[str, Issued] = field(default_factory=dict)
    """What was issued and is valid, by token; `clear()` lets all of them expire."""
    used: set[str] = field(default_factory=set)
    """Assertions, each good for once."""

    @property
    def private_key(self) -> str:
        """The key as PEM, for the auditor's configuration."""
        encoded = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return encoded.decode()


def scopes_of(world: "World", request: Request) -> frozenset[str] | None:
    """Return what the caller may read, or None when the token is not valid.

    The typed SDK writes `SSWS<token>` without a space, its request executor with one.
    """
    header = request.headers.get("authorization", "")
    if header.startswith("SSWS"):
        known = header.removeprefix("SSWS").strip() == world.okta_token
        return frozenset(world.okta_permissions) if known else None
    kind, _, token = header.partition(" ")
    for client in world.oauth_clients.values():
        issued = client.issued.get(token)
        if issued is not None and _is_held(issued, kind, token, request):
            return issued.scopes & world.okta_permissions
    return None


def token_endpoint(
    world: "World",
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return the handler of `POST /oauth2/v1/token`."""

    async def endpoint(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            with world.lock:
                return _grant(world, request, form).response()
        except RefusedError as refused:
            reason = refused.reason
            body = {"error": reason.name, "error_description": reason.value}
            nonce = (("dpop-nonce", dpop.NONCE),) if reason is Reason.use_dpop_nonce else ()
            status = 401 if reason is Reason.invalid_client else 400
            return Answer(body, status, nonce).response()

    return endpoint


def _grant(world: "World", request: Request, form: dict[str, str]) -> Answer:
    if form.get("grant_type") != "client_credentials":
        raise RefusedError(Reason.unsupported_grant_type)
    client = _authenticate(world, form)
    asked = frozenset(form.get("scope", "").split())
    if not asked or not asked <= client.scopes:
        raise RefusedError(Reason.invalid_scope)
    bound = world.requires_dpop or "dpop" in request.headers
    thumbprint = dpop.prove(request, nonce=dpop.NONCE) if bound else None
    token = world.ids.noise(60)
    client.issued[token] = Issued(asked, thumbprint)
    return Answer(
        {
            "token_type": "DPoP" if bound else "Bearer",
            "expires_in": LIFETIME,
            "access_token": token,
            "scope": " ".join(sorted(asked)),
        }
    )


def _authenticate(world: "World", form: dict[str, str]) -> Client:
    """Return the client whose key signed the assertion: for us, unexpired, never seen."""
    assertion = form.get("client_assertion", "")
    try:
        claimed = jwt.decode(assertion, options={"verify_signature": False})
        client = world.oauth_clients[claimed["sub"]]
        jwt.decode(
            assertion,
            client.key.public_key(),
            algorithms=["RS256"],
            audience=f"{world.okta.url}/oauth2/v1/token",
            issuer=client.id,
            options={"require": ["exp", "iss", "sub", "aud"]},
        )
    except (jwt.InvalidTokenError, KeyError) as error:
        raise RefusedError(Reason.invalid_client) from error
    if form.get("client_assertion_type") != ASSERTION or assertion in client.used:
        raise RefusedError(Reason.invalid_client)
    client.used.add(assertion)
    return client


def _is_held(issued: Issued, kind: str, token: str, request: Request) -> bool:
    """Whether a token comes as it was issued: a bound one with a proof of its key."""
    if issued.thumbprint is None:
        return kind == "Bearer"
    try:
        return kind == "DPoP" and dpop.prove(request, token=token) == issued.thumbprint
    except RefusedError:
        return False
