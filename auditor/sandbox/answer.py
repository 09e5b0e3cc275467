"""What a handler answers, and how it goes on the wire."""

from dataclasses import dataclass

import msgspec
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body (or bytes already encoded) with its status and headers."""

    body: object
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"

    def encoded(self) -> "Answer":
        """Return the same answer with its body as bytes, so that it can be kept."""
        if isinstance(self.body, bytes):
            return self
        body = msgspec.json.encode(self.body)
        return Answer(body, self.status, self.headers, self.content_type)

    def response(self, *more: tuple[str, str]) -> Response:
        """Return what Starlette sends; a header may come several times."""
        response = Response(
            self.encoded().body,  # type: ignore[arg-type]  -- bytes, by encoded()
            status_code=self.status,
            media_type=self.content_type,
        )
        for name, value in (*self.headers, *more):
            response.headers.append(name, value)
        return response
