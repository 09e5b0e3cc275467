"""Socket Mode: the WebSocket connections of an app, and the envelopes that are sent over them.

Documented: the greeting with `num_connections` and the app id, an envelope with its id, the
acknowledgement within three seconds, a payload goes to one of several connections, `disconnect`
with a reason. Inferred: an interaction that was not acknowledged arrives again in an envelope with
another id, and a new connection gets it.
"""

import asyncio
import json
import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import uuid4

from starlette.websockets import WebSocket

Json = dict[str, Any]


@dataclass(slots=True)
class Envelope:
    """A payload on its way, and its acknowledgement."""

    payload: Json
    sent_at: float
    acknowledged: threading.Event = field(default_factory=threading.Event)
    answer: Json | None = None
    """The payload of the acknowledgement."""
    took: float | None = None
    """Seconds from sending to the acknowledgement."""

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait for the acknowledgement; return whether it came."""
        return self.acknowledged.wait(seconds)


@dataclass(slots=True, eq=False)
class _Connection:
    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[str | None]"

    def send(self, text: str | None) -> None:
        # A test clicks in another thread than that of the server.
        self.loop.call_soon_threadsafe(self.queue.put_nowait, text)


class NoConnectionError(Exception):
    """The app has no connection: Slack shows the user a warning."""


class SocketMode:
    """The connections of one app."""

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self.opened = 0
        """How many connections there were."""
        self.foreign_connections = 0
        """Connections of other programs that use the same app."""
        self.envelopes: list[Envelope] = []
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._waiting: dict[str, Envelope] = {}
        self._turn = 0
        self._lock = threading.Lock()

    def issue_ticket(self) -> str:
        """Return a ticket that opens one connection."""
        ticket = uuid4().hex
        self._tickets.add(ticket)
        return ticket

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._connections)

    def send(self, payload: Json, kind: str = "interactive") -> Envelope:
        """Send a payload to one of the connections, in turn. Raises NoConnectionError."""
        with self._lock:
            if not self._connections:
                raise NoConnectionError
            self._turn += 1
            connection = self._connections[self._turn % len(self._connections)]
            envelope, id_ = Envelope(payload, monotonic()), str(uuid4())
            self._waiting[id_] = envelope
            self.envelopes.append(envelope)
        connection.send(
            json.dumps(
                {
                    "envelope_id": id_,
                    "type": kind,
                    "accepts_response_payload": True,
                    "payload": payload,
                }
            )
        )
        return envelope

    def send_again(self, envelope: Envelope) -> Envelope:
        """Send the payload of an envelope once more."""
        return self.send(envelope.payload)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Announce to each connection that it ends soon."""
        for connection in tuple(self._connections):
            connection.send(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {}}))

    def drop(self) -> None:
        """Close each connection without an announcement."""
        for connection in tuple(self._connections):
            connection.send(None)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection until it ends."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close()
            return
        self._tickets.remove(ticket)
        await websocket.accept()
        connection = _Connection(asyncio.get_running_loop(), asyncio.Queue())
        self._connections.append(connection)
        self.opened += 1
        try:
            await websocket.send_text(json.dumps(self._hello()))
            await _first_of(self._receive(websocket), _send(websocket, connection))
        finally:
            self._connections.remove(connection)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + self.foreign_connections,
            "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
            "connection_info": {"app_id": self.app_id},
        }

    async def _receive(self, websocket: WebSocket) -> None:
        while True:
            answer = json.loads(await websocket.receive_text())
            envelope = self._waiting.pop(answer.get("envelope_id"), None)
            if envelope is not None:
                envelope.took = monotonic() - envelope.sent_at
                envelope.answer = answer.get("payload")
                envelope.acknowledged.set()


async def _send(websocket: WebSocket, connection: _Connection) -> None:
    while (text := await connection.queue.get()) is not None:
        await websocket.send_text(text)
    await websocket.close()


async def _first_of(*coroutines: Any) -> None:  # noqa: ANN401  (coroutines of any kind)
    """Run coroutines until one ends, and cancel the others."""
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
