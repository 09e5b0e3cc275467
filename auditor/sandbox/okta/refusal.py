"""Why the token endpoint refuses."""

from enum import StrEnum


class Reason(StrEnum):
    """An OAuth error code; the value is its description."""

    invalid_client = "The client_assertion is not valid, or was used before."
    invalid_dpop_proof = "The DPoP proof JWT is missing, not valid, or for another request."
    invalid_scope = "One or more scopes are not configured for the client."
    unsupported_grant_type = "The grant type is not supported."
    use_dpop_nonce = "Authorization server requires nonce in DPoP proof."


class RefusedError(Exception):
    """A request is refused."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
