"""The definition of a fault: an error in one exchange between a client and a service."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus

from starlette.datastructures import URL
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer. `content-length` is written when it is given, never kept."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, without `content-length`."""
    body: bytes

    def carrying(self, document: object) -> "Answer":
        """Return the answer with a JSON document as its body."""
        return replace(self, body=json.dumps(document).encode())

    def with_header(self, name: str, value: str) -> "Answer":
        """Return the answer with a header that replaces all headers of that name."""
        kept = tuple(header for header in self.headers if header[0] != name)
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to a service, and the ways to answer it."""

    service: str
    app: ASGIApp
    """The service itself."""
    scope: Scope
    receive: Receive
    send: Send

    @property
    def url(self) -> URL:
        """The complete URL of the request."""
        return URL(scope=self.scope)

    async def true_answer(self) -> Answer:
        """Send the request to the service and store its answer."""
        started: Message = {}
        body = bytearray()

        async def listen(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self.receive, listen)
        headers = (
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in started["headers"]
        )
        # A changed body has another length.
        kept = tuple(header for header in headers if header[0] != "content-length")
        return Answer(started["status"], kept, bytes(body))

    async def start(self, answer: Answer, *, length: int | None) -> None:
        """Send status and headers. Without a length, the body is sent in chunks."""
        named = answer.headers
        if length is not None:
            named = (*named, ("content-length", str(length)))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": raw})

    async def write(self, body: bytes, *, more: bool) -> None:
        """Send a part of the body."""
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def give(self, answer: Answer) -> None:
        """Send a whole answer."""
        await self.start(answer, length=len(answer.body))
        await self.write(answer.body, more=False)

    async def pour(self, parts: Iterable[bytes], *, pause: float = 0) -> None:
        """Send a body in parts, `pause` seconds before each, or until the client disconnects."""
        gone = asyncio.ensure_future(self.until_gone())
        for part in parts:
            await asyncio.wait([gone], timeout=pause)
            if gone.done():
                return
            await self.write(part, more=True)
        gone.cancel()
        await self.write(b"", more=False)

    async def until_gone(self) -> None:
        """Wait until the client disconnects."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True, slots=True)
class Fault:
    """An error between a service and its client."""

    name: str
    strike: Callable[[Exchange], Awaitable[Answer | None]]
    """Answers instead of the service. If the fault does not apply, it returns the true answer and
    sends nothing."""


def on_the_wire(name: str, act: Callable[[Exchange], Awaitable[None]]) -> Fault:
    """Make a fault that fits any exchange."""

    async def strike(exchange: Exchange) -> None:
        await act(exchange)

    return Fault(name, strike)


def in_the_answer(name: str, change: Callable[[Exchange, Answer], Answer | None]) -> Fault:
    """Make a fault that changes a good answer. `change` returns None if it does not apply."""

    async def strike(exchange: Exchange) -> Answer | None:
        answer = await exchange.true_answer()
        spoilt = change(exchange, answer) if answer.status == HTTPStatus.OK else None
        if spoilt is None:
            return answer
        await exchange.give(spoilt)
        return None

    return Fault(name, strike)
