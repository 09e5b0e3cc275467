"""Signing in to Okta: SSWS tokens, and OAuth with a private key, with or without DPoP."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

import jwt
from starlette.requests import Request
from starlette.responses import Response

from auditor.sandbox.answer import Answer
from auditor.sandbox.model.oauth_client import IssuedToken, OAuthClient
from auditor.sandbox.okta import dpop
from auditor.sandbox.okta.refusal import Reason, RefusedError
from auditor.sandbox.worlds.world import World

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 3600


def scopes_of(world: World, request: Request) -> frozenset[str] | None:
    """Return the scopes of the caller; None: the token is not valid.

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
    world: World,
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


def _grant(world: World, request: Request, form: dict[str, str]) -> Answer:
    if form.get("grant_type") != "client_credentials":
        raise RefusedError(Reason.unsupported_grant_type)
    client = _authenticate(world, form)
    asked = frozenset(form.get("scope", "").split())
    if not asked or not asked <= client.scopes:
        raise RefusedError(Reason.invalid_scope)
    # A client that sends a proof gets a bound token (RFC 9449, 5).
    bound = world.requires_dpop or "dpop" in request.headers
    thumbprint = dpop.prove(request, nonce=dpop.NONCE) if bound else None
    token = world.ids.noise(60)
    client.issued[token] = IssuedToken(asked, thumbprint)
    return Answer(
        {
            "token_type": "DPoP" if bound else "Bearer",
            "expires_in": LIFETIME,
            "access_token": token,
            "scope": " ".join(sorted(asked)),
        }
    )


def _authenticate(world: World, form: dict[str, str]) -> OAuthClient:
    """Return the client whose key signed the assertion: for us, unexpired, never seen."""
    assertion = form.get("client_assertion", "")
    try:
        # Unverified, because only the claim names the client whose key verifies it.
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


def _is_held(issued: IssuedToken, kind: str, token: str, request: Request) -> bool:
    """Whether a token comes as it was issued: a bound one with a proof of its key."""
    if issued.thumbprint is None:
        return kind == "Bearer"
    try:
        return kind == "DPoP" and dpop.prove(request, token=token) == issued.thumbprint
    except RefusedError:
        return False
