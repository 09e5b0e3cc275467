"""The answer of a handler, and how it is sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

import msgspec
from starlette.responses import Response

Json: TypeAlias = dict[str, object]


# The people of a crowd share their dates, so nearly all calls are repeated.
@lru_cache(maxsize=1024)
def iso_time(at: datetime | None) -> str | None:
    """Return a time as both products write it: UTC, three decimals."""
    if at is None:
        return None
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body with its status and headers."""

    body: object
    """A value that msgspec can encode, or bytes that are encoded already."""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"

    def encoded(self) -> "Answer":
        """Return the same answer with its body as bytes, so that it can be kept."""
        return replace(self, body=self._bytes())

    def response(self, *more: tuple[str, str]) -> Response:
        """Return what Starlette sends; a header may come several times."""
        response = Response(self._bytes(), self.status, media_type=self.content_type)
        for name, value in (*self.headers, *more):
            response.headers.append(name, value)
        return response

    def _bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


class Kept:
    """Answers of a world that does not change, encoded once."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def get(self, key: str, make: Callable[[], Answer]) -> Answer:
        """Return the answer for a key; build it the first time."""
        if key not in self._answers:
            self._answers[key] = make().encoded()
        return self._answers[key]
