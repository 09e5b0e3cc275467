"""What the auditor signs in with. Pure."""

from msgspec import Struct

from auditor.config.secrets import Secret

OKTA_SCOPES = (
    "okta.apps.read",
    "okta.groups.read",
    "okta.logs.read",
    "okta.profileMappings.read",
    "okta.schemas.read",
    "okta.userTypes.read",
    "okta.users.read",
)
"""All that a complete audit reads."""


class OktaCredentials(Struct, frozen=True, kw_only=True):
    """An API token, or an OAuth client with its private key; exactly one of the two is set."""

    token: Secret | None = None
    """Sent as ``Authorization: SSWS …``."""

    client_id: str | None = None
    private_key: Secret | None = None
    """PEM or JWK, for ``private_key_jwt``."""

    key_id: str | None = None
    """``kid`` of the key, where the client has several and the JWK does not say it."""

    scopes: tuple[str, ...] = OKTA_SCOPES
    dpop: bool = False
    """The client demands a proof of possession with each request (RFC 9449)."""


class UnleashCredentials(Struct, frozen=True, kw_only=True):
    """A personal access token, or the token of a service account."""

    token: Secret


class Credentials(Struct, frozen=True, kw_only=True):
    """What opens both sides of a target."""

    okta: OktaCredentials
    unleash: UnleashCredentials
