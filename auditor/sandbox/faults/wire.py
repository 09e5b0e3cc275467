"""Faults of the connection: no answer, a cut answer, a slow one, a very large one."""

import asyncio
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, repeat

import h11
from starlette.types import Send

from auditor.sandbox.faults.fault import Answer, Exchange, Fault, on_the_wire

GIB = 1 << 30
MIB = 1 << 20
_JSON = (("content-type", "application/json"),)


async def hang_up(send: Send) -> None:
    """Close the connection without sending a byte.

    ASGI has no message for this. uvicorn closes the connection if a started answer is not
    completed. A header that cannot be encoded starts an answer without sending it.
    """
    with suppress(h11.LocalProtocolError):
        headers = [(b"not a name", b"")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


def closed() -> Fault:
    """Close the connection instead of an answer."""

    async def act(exchange: Exchange) -> None:
        await hang_up(exchange.send)

    return on_the_wire("closed-before-answer", act)


def silent() -> Fault:
    """Never answer, so that the client's timeout ends the request."""
    return on_the_wire("silent-before-answer", Exchange.until_gone)


def slow(seconds: float) -> Fault:
    """Send the true answer after a delay."""

    async def act(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await exchange.app(exchange.scope, exchange.receive, exchange.send)

    return on_the_wire("slow", act)


def held(until: threading.Event) -> Fault:
    """Send the true answer, but only after a signal."""

    async def act(exchange: Exchange) -> None:
        while not until.is_set():  # noqa: ASYNC110  (a thread sends the signal)
            await asyncio.sleep(0.01)
        await exchange.app(exchange.scope, exchange.receive, exchange.send)

    return on_the_wire("held", act)


async def _send_half(exchange: Exchange) -> None:
    answer = await exchange.true_answer()
    await exchange.start(answer, length=len(answer.body))
    await exchange.write(answer.body[: len(answer.body) // 2], more=True)


def stalled() -> Fault:
    """Send half of the body, then nothing more."""

    async def act(exchange: Exchange) -> None:
        await _send_half(exchange)
        await exchange.until_gone()

    return on_the_wire("silent-in-body", act)


def cut() -> Fault:
    """Send half of the body, then close: the client sees an incomplete read."""
    return on_the_wire("closed-in-body", _send_half)


def reset() -> Fault:
    """Send half of the body, then reset the connection, so that data in transit is lost too.

    ASGI has no message for this, so the connection of uvicorn is used.
    """

    async def act(exchange: Exchange) -> None:
        await _send_half(exchange)
        cycle = exchange.send.__self__  # type: ignore[attr-defined]  # a bound method
        # A linger time of zero: the kernel sends a reset, not the rest of the data.
        at_once = struct.pack("ii", 1, 0)
        line = cycle.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        cycle.transport.abort()

    return on_the_wire("reset-in-body", act)


def dripping(seconds: float = 0.05) -> Fault:
    """Send the body byte by byte without an end, so that no single read times out."""

    async def act(exchange: Exchange) -> None:
        answer = await exchange.true_answer()
        await exchange.start(answer, length=len(answer.body))
        drops = (answer.body[place : place + 1] for place in range(len(answer.body)))
        await exchange.pour(drops, pause=seconds)

    return on_the_wire("dripping", act)


def huge(size: int = GIB) -> Fault:
    """Send a JSON array of about that many bytes, without storing it in memory."""
    item = b'{"id":"again"},'
    chunk = item * (MIB // len(item))

    async def act(exchange: Exchange) -> None:
        await exchange.start(Answer(200, _JSON, b""), length=None)
        await exchange.pour(chain([b"["], repeat(chunk, size // len(chunk)), [b"0]"]))

    return on_the_wire("huge-body", act)


def gzip_bomb(size: int = GIB) -> Fault:
    """Send a compressed empty JSON array with blanks, of that many bytes when decompressed."""

    async def act(exchange: Exchange) -> None:
        headers = (*_JSON, ("content-encoding", "gzip"))
        await exchange.start(Answer(200, headers, b""), length=None)
        await exchange.pour(_zipped_blanks(size))

    return on_the_wire("gzip-bomb", act)


def _zipped_blanks(size: int) -> Iterator[bytes]:
    """Yield `[`, blanks and `]` as one gzip stream, a megabyte of blanks at a time."""
    zipper = zlib.compressobj(level=9, wbits=zlib.MAX_WBITS | 16)
    yield zipper.compress(b"[")
    for blanks in repeat(b" " * MIB, size // MIB):
        # Flushed, so that each part is sent at once.
        yield zipper.compress(blanks) + zipper.flush(zlib.Z_SYNC_FLUSH)
    yield zipper.compress(b"]") + zipper.flush()
