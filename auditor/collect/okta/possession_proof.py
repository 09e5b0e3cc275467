"""Proofs of possession (RFC 9449, DPoP): a request shows that its sender has the key of its token.

PyJWT signs. The SDK's own proofs are equal, but it writes and parses its key again for each
request: 0.12 seconds of CPU.
"""

import hashlib
import time
from base64 import urlsafe_b64encode
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 3072
"""Size of the key, the same as in the SDK."""


class ProofSigner:
    """Signs proofs with a key of its own, which exists in memory only. Safe in several threads."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        # Without `key_ops`, which PyJWT adds and the SDK's proofs do not have.
        self._public_key = {name: public[name] for name in ("kty", "n", "e")}
        self.nonce = ""
        """The nonce that the server last required in each proof."""

    def sign(self, method: str, url: httpx.URL, token: str = "") -> str:
        """Return the proof of one request. ``token``: the access token that it carries."""
        claims = {
            "jti": str(uuid4()),
            "htm": method,
            # The address without its query, and the hash without padding (RFC 9449, section 4.2).
            "htu": str(url.copy_with(query=None, fragment=None)),
            "iat": int(time.time()),
        }
        if self.nonce:
            claims["nonce"] = self.nonce
        if token:
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
        headers = {"typ": "dpop+jwt", "jwk": self._public_key}
        return jwt.encode(claims, self._key, "RS256", headers)
