"""A service app of the Okta org, and the access tokens that were issued to it."""

from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token: its scopes, and the key to which it is bound, if any."""

    scopes: frozenset[str]
    thumbprint: str | None


@cache
def client_key(_number: int) -> rsa.RSAPrivateKey:
    """Return the key of the nth client of a world. Each process makes it once: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class OAuthClient:
    """A service app of the org: a client that may request tokens with a key."""

    id: str
    scopes: frozenset[str]
    key: rsa.RSAPrivateKey
    issued: dict[str, IssuedToken] = field(default_factory=dict)
    """The valid tokens that were issued; `clear()` lets all of them expire."""
    used: set[str] = field(default_factory=set)
    """Assertions that were used. Each is accepted only once."""

    @property
    def private_key(self) -> str:
        """The key as PEM, for the auditor's configuration."""
        encoded = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return encoded.decode()
