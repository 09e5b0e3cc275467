"""Identifiers and secrets in the shapes of both products, the same for the same seed."""

import random
import string
import uuid

BASE62 = string.digits + string.ascii_letters
CANARY = "sandbox-canary"
"""Is part of every secret that is sent and that must not be stored."""
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Ids:
    """A seeded source; two worlds built by the same actions bear the same ids."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- ids of a toy world, no secrecy meant

    def okta(self, prefix: str) -> str:
        """Return twenty characters: a prefix for the kind, and random characters."""
        return prefix + self.noise(20 - len(prefix))

    def scim(self) -> str:
        """Return a ULID, as Unleash gives to what SCIM created."""
        return "01" + "".join(self._random.choices(CROCKFORD, k=24))

    def uuid(self) -> str:
        """Return a UUID from the seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def noise(self, length: int) -> str:
        """Return letters and digits."""
        return "".join(self._random.choices(BASE62, k=length))
