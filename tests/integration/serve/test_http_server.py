"""A listener limits its connections and the time for headers."""

import gc
import resource
import socket
from contextlib import ExitStack, suppress

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from auditor.config.tables.service_settings import Address
from auditor.serve import http_server
from auditor.serve.http_server import HttpServer
from tests.support.peers.processes import free_port
from tests.support.plain_http import plain_get
from tests.support.processes.killed_processes import in_a_child
from tests.support.processes.service_process import eventually


async def hello(_):
    return PlainTextResponse("hello")


@pytest.fixture
def server():
    app = Starlette(routes=[Route("/", hello)])
    with HttpServer(Address(host="127.0.0.1", port=free_port()), app) as server:
        yield server


def connect(server) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_beyond_the_limit_the_connection_that_waited_longest_is_closed(server, monkeypatch):
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 5)
    with ExitStack() as stack:
        first, *_ = [stack.enter_context(connect(server)) for _ in range(5)]
        assert plain_get(server.url).text == "hello"
        with suppress(ConnectionResetError):
            assert first.recv(1) == b""


def test_idle_connections_keep_out_no_health_check(server, monkeypatch):
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 5)
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(connect(server))
        for _ in range(10):
            assert plain_get(server.url).text == "hello"
    with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
        assert client.get(server.url).text == "hello"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\n", b"GET"])
def test_a_client_that_sends_no_whole_header_is_disconnected(server, monkeypatch, sent):
    monkeypatch.setattr(http_server, "HEADER_TIMEOUT_SECONDS", 0.2)
    with connect(server) as slow:
        slow.sendall(sent)
        assert slow.recv(1) == b""


def test_a_second_request_on_one_connection_has_a_deadline_too(server, monkeypatch):
    monkeypatch.setattr(http_server, "HEADER_TIMEOUT_SECONDS", 0.2)
    with connect(server) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        received = b""
        while not received.endswith(b"hello"):
            received += slow.recv(1000)
        slow.sendall(b"GET / HTTP/1.1\r\n")
        assert slow.recv(1) == b""


def test_failed_accepts_are_logged_once_and_the_server_recovers():
    """Without file descriptors, asyncio reports each accept that fails, many times a second.

    The limit holds for a whole process, so the server runs in one of its own.
    """
    assert in_a_child(run_out_of_file_descriptors) == 0


def run_out_of_file_descriptors() -> None:
    gc.disable()  # an object of the parent could close a file while the limit holds
    app = Starlette(routes=[Route("/", hello)])
    with HttpServer(Address(host="127.0.0.1", port=free_port()), app) as server:
        refuse_and_recover(server)


def refuse_and_recover(server: HttpServer) -> None:
    # The server needs file descriptors to start.
    eventually(lambda: plain_get(server.url, timeout=30).text == "hello")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack, structlog.testing.capture_logs() as entries:
        waiting = [stack.enter_context(socket.socket()) for _ in range(20)]
        host, _, port = server.url.removeprefix("http://").partition(":")
        highest = max(each.fileno() for each in waiting)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
        try:
            for each in waiting:
                each.connect((host, int(port)))
            eventually(lambda: entries)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        eventually(lambda: plain_get(server.url, timeout=30).text == "hello")
    assert [entry["event"] for entry in entries] == ["listener_failed"]
    assert "Too many open files" in entries[0]["error"]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 on this machine")
def test_the_ipv6_wildcard_listens_on_both_families():
    port = free_port()
    app = Starlette(routes=[Route("/", hello)])
    with HttpServer(Address(host="::", port=port), app):
        assert plain_get(f"http://127.0.0.1:{port}/").text == "hello"
        assert plain_get(f"http://[::1]:{port}/").text == "hello"
