"""A failed connection is reported with its reason and its fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from auditor.collect.http.collect_error import CollectError
from auditor.collect.unleash.instance_settings import read_scim
from auditor.domain.collections import MissingData, MissingReason
from auditor.errors import DeliveryError
from auditor.net.connection_errors import connection_error_message
from auditor.observability.heartbeat import ping
from auditor.observability.metrics import push_metrics
from auditor.sandbox.faults.sockets import refusing_port, tls_garbage_server
from tests.support.builders.config_files import heartbeat_settings
from tests.support.collecting import reading
from tests.support.peers.canned_server import answer, serving
from tests.support.peers.threaded_server import served
from tests.support.peers.tls_server import serve_tls, write_certificate

BEHIND_A_FIREWALL = "allow it in the firewall, or set HTTPS_PROXY if it needs a proxy"
CHECK = "check the server and its proxies"
GOOD = answer({"enabled": True, "hasToken": True})


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)


def failing_at(url: str) -> MissingData:
    with reading(url) as reader, pytest.raises(CollectError) as raised:
        read_scim(reader)
    assert raised.value.missing.why is MissingReason.NETWORK
    return raised.value.missing


@contextmanager
def proxy_answering(status: str) -> Iterator[str]:
    class Refusing(StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())

    with served(TCPServer(("127.0.0.1", 0), Refusing)) as port:
        yield f"127.0.0.1:{port}"


def test_a_name_that_dns_does_not_know() -> None:
    detail = failing_at("https://nowhere.invalid").detail
    unknown = "DNS does not know nowhere.invalid (check the address)"
    silent = "DNS gives no answer for nowhere.invalid (check the resolver of this machine)"
    assert detail in {
        unknown,
        silent,
    }  # which one depends on whether this machine has a DNS resolver


def test_a_port_that_refuses() -> None:
    with refusing_port() as port:
        assert failing_at(f"http://127.0.0.1:{port}").detail == (
            f"127.0.0.1:{port} refuses the connection (check the address, and whether it is up)"
        )


def test_a_server_without_tls() -> None:
    with serving(GOOD) as peer:
        host = peer.url.removeprefix("http://")
        assert failing_at(f"https://{host}").detail == (
            f"{host} does not use TLS (check the port, and whether it is http)"
        )
    with tls_garbage_server() as port:
        assert "TLS" in failing_at(f"https://127.0.0.1:{port}").detail


def test_an_unknown_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").mkdir()
    ours, _ = write_certificate(tmp_path / "ours")
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    words = "the authority of the certificate of 127.0.0.1 is not trusted"
    with serve_tls(GOOD, *write_certificate(tmp_path / "theirs")) as url:
        remediation = "if it is a private one, name its file in SSL_CERT_FILE"
        assert failing_at(url).detail == f"{words} ({remediation})"
        monkeypatch.setenv("SSL_CERT_FILE", str(ours))
        assert failing_at(url).detail == f"{words} (add it to SSL_CERT_FILE)"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": "192.0.2.1"}, "is for another name (check the address)"),
        ({"age": timedelta(days=9)}, "is expired or not yet valid (renew it, or set the clock)"),
    ],
)
def test_a_certificate_that_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    chain, key = write_certificate(tmp_path, **changes)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    with serve_tls(GOOD, chain, key) as url:
        assert failing_at(url).detail == f"the certificate of 127.0.0.1 {words}"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            "407 Proxy Authentication Required",
            "requires a user and a password (set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT)",
        ),
        (
            "403 Forbidden by canary",
            "denies connections to acme.example.invalid (allow the host there, or set NO_PROXY)",
        ),
        ("502 Bad Gateway", "answers 502 (check the proxy)"),
    ],
)
def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch, status: str, words: str) -> None:
    with proxy_answering(status) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:canary@{proxy}")
        detail = failing_at("https://acme.example.invalid").detail
    assert detail == f"the proxy http://{proxy} {words}"


def test_a_proxy_on_plain_http_that_wants_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answer(status=407)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        missing = failing_at("http://acme.example.invalid")
    assert missing.status == 407
    assert missing.detail == "the proxy wants a user and a password: put them into HTTP_PROXY"


def test_a_proxy_that_is_not_there_is_blamed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port:
        monkeypatch.setenv("ALL_PROXY", f"http://me:canary@127.0.0.1:{port}")
        assert failing_at("https://acme.example.invalid").detail == (
            f"127.0.0.1:{port} refuses the connection (check ALL_PROXY, and whether it is up)"
        )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            httpx.ConnectTimeout(""),
            f"no connection to acme.example in time ({BEHIND_A_FIREWALL})",
        ),
        (httpx.ReadTimeout(""), f"no answer in time ({CHECK})"),
        (httpx.ReadError(""), f"the connection ended before the answer was complete ({CHECK})"),
        (httpx.LocalProtocolError(""), "LocalProtocolError (check the address)"),
    ],
)
def test_what_no_server_can_be_made_to_do(error: httpx.TransportError, words: str) -> None:
    assert connection_error_message(error, "https://acme.example") == words


@pytest.mark.parametrize("error", [httpx.ConnectTimeout(""), ConnectionRefusedError()])
def test_a_message_contains_only_the_host_of_an_address(error: Exception) -> None:
    message = connection_error_message(
        error, "https://user:canary@pager.example:8443/canary?key=canary"
    )
    assert "pager.example:8443" in message
    assert "canary" not in message


def test_a_heartbeat_and_a_pushgateway_report_the_same_reasons() -> None:
    with refusing_port() as port:
        with pytest.raises(DeliveryError) as unheard:
            ping(heartbeat_settings(f"http://127.0.0.1:{port}/canary"), good=True)
        with pytest.raises(DeliveryError) as unpushed:
            push_metrics(CollectorRegistry(), f"http://user:canary@127.0.0.1:{port}")
    refused = f"127.0.0.1:{port} refuses the connection (check the address, and whether it is up)"
    assert str(unheard.value) == f"heartbeat: {refused}"
    assert str(unpushed.value) == f"http://127.0.0.1:{port}: metrics cannot be pushed: {refused}"
