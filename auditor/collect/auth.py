"""How requests are signed: Okta by token or private key, Unleash by token.

An SSWS token is one header, written here. The Okta SDK signs it no differently (a test compares
the two) and would cost every run half a second and over thirty megabytes to import; so it is
imported where it does something: for private key JWT and DPoP, where it makes the assertion and
the proofs, and gets and renews the access token.
"""

from collections.abc import Generator

import httpx

from auditor.collect.http import SignIn, Wire
from auditor.config.credentials import OktaCredentials, UnleashCredentials
from auditor.config.secrets import Secret


class HeaderAuth(httpx.Auth):
    """Sends a token with every request."""

    def __init__(self, token: Secret, scheme: str = "") -> None:
        self._token = token
        self._scheme = scheme

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Set the header."""
        value = f"{self._scheme} {self._token.reveal()}".strip()
        request.headers["authorization"] = value
        yield request


def okta_sign_in(org_url: str, credentials: OktaCredentials) -> SignIn:
    """Choose how to sign in to an Okta org."""

    def sign_in(wire: Wire) -> httpx.Auth:
        if credentials.token is not None:
            return HeaderAuth(credentials.token, "SSWS")
        from auditor.collect.okta.private_key import PrivateKeyAuth

        return PrivateKeyAuth(org_url, credentials, wire)

    return sign_in


def unleash_sign_in(credentials: UnleashCredentials) -> SignIn:
    """Sign in to Unleash: the token is the whole header."""
    return lambda _: HeaderAuth(credentials.token)
