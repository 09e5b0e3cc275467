"""A small HTTP peer that sends the given answers and records its requests."""

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.support.peers.sandbox_app import serve


def answer(
    body: Any = None, status: int = 200, kind: str = "application/json", **headers: str
) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(content, status, named, media_type=kind)


@dataclass
class Peer:
    """Sends its answers one after the other, then the last one again and again."""

    answers: deque[Response] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def answer_with(self, *answers: Response) -> None:
        self.answers = deque(answers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests.append(Request(scope, receive))
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        await answer(scope, receive, send)


@contextmanager
def serving(*answers: Response) -> Iterator[Peer]:
    peer = Peer(deque(answers))
    with serve(peer) as peer.url:
        yield peer
