"""Ids and secrets in the format of both products. An equal seed gives equal values."""

import random
import string
import uuid

BASE62 = string.digits + string.ascii_letters
CANARY = "sandbox-canary"
"""A text in every secret that is sent and must not be stored."""
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Ids:
    """A source of ids with a seed. The same actions give the same ids."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- ids of a simulation, not secrets

    def okta(self, prefix: str) -> str:
        """Return twenty characters: a prefix for the kind, and random characters."""
        return prefix + self.noise(20 - len(prefix))

    def scim(self) -> str:
        """Return a ULID, the form of the ids of accounts that SCIM created."""
        return "01" + "".join(self._random.choices(CROCKFORD, k=24))

    def uuid(self) -> str:
        """Return a UUID from the seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def noise(self, length: int) -> str:
        """Return `length` random letters and digits."""
        return "".join(self._random.choices(BASE62, k=length))
