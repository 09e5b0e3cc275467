"""What a fault is: one exchange between a client and a service, and what goes wrong in it."""

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
        """Put a JSON document in the place of the body."""
        return replace(self, body=json.dumps(document).encode())

    def with_header(self, name: str, value: str) -> "Answer":
        """Set a header, in the place of all of that name."""
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
        """The whole address that was asked for."""
        return URL(scope=self.scope)

    async def true_answer(self) -> Answer:
        """Ask the service, and keep its answer."""
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
        kept = tuple(header for header in headers if header[0] != "content-length")
        return Answer(started["status"], kept, bytes(body))

    async def start(self, answer: Answer, *, length: int | None) -> None:
        """Send status and headers; without a length the body comes in chunks."""
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
        """Send a body part by part, `pause` seconds before each, until it ends or the client."""
        gone = asyncio.ensure_future(self.until_gone())
        for part in parts:
            await asyncio.wait([gone], timeout=pause)
            if gone.done():
                return
            await self.write(part, more=True)
        gone.cancel()
        await self.write(b"", more=False)

    async def until_gone(self) -> None:
        """Wait until the client hangs up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong between a service and its client."""

    name: str
    strike: Callable[[Exchange], Awaitable[Answer | None]]
    """Answers in the service's stead; where it does not fit, returns the truth unsent."""


def on_the_wire(name: str, act: Callable[[Exchange], Awaitable[None]]) -> Fault:
    """Make a fault that fits any exchange."""

    async def strike(exchange: Exchange) -> None:
        await act(exchange)

    return Fault(name, strike)


def in_the_answer(name: str, change: Callable[[Exchange, Answer], Answer | None]) -> Fault:
    """Make a fault that spoils a good answer; `change` gives None where it does not fit."""

    async def strike(exchange: Exchange) -> Answer | None:
        answer = await exchange.true_answer()
        spoilt = change(exchange, answer) if answer.status == HTTPStatus.OK else None
        if spoilt is None:
            return answer
        await exchange.give(spoilt)
        return None

    return Fault(name, strike)
