"""The paths that are requested, the largest answer of each, and the rate limit that counts it."""

import re
from typing import Final

from msgspec import Struct

from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_SMALL_ANSWER_BYTES
from auditor.domain.collections import MissingReason

# No dot and no slash: an id from an answer becomes a part of a path.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Endpoint(Struct, frozen=True, kw_only=True):
    """A path of an API; ``{}`` stands for an id."""

    path: str
    cap: int = MAX_SMALL_ANSWER_BYTES
    """The largest answer that is read, in bytes after decompression."""

    family: str | None = None
    """Endpoints of one family share a rate limit; ``None``: this one has its own."""

    @property
    def bucket(self) -> str:
        """Return the name of the rate limit that counts requests to it."""
        return self.family or self.path

    def fill(self, *ids: str) -> str:
        """Return the path with these ids. Raises CollectError for text that is not a plain id."""
        if not all(_ID.fullmatch(each) for each in ids):
            raise CollectError(MissingReason.BAD_PAYLOAD, f"GET {self.path}", "an id that is no id")
        return self.path.format(*ids)
