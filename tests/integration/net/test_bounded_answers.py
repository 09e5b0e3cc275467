"""No client of the auditor reads an answer without a limit."""

import gzip
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, reduce
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response, StreamingResponse

from auditor.collect import connection_checks
from auditor.collect.collector import collect
from auditor.collect.http import Deadline, Transport
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.endpoint import Endpoint
from auditor.collect.http.limits import Limits
from auditor.config.secrets import Credentials, OktaCredentials, Secret, UnleashCredentials
from auditor.domain.collections import MissingReason
from auditor.domain.target import Target
from auditor.net import bounded_request
from auditor.net.bounded_request import send_bounded
from auditor.notify.channel import DeliveryFailed
from auditor.notify.slack.api import Slack
from auditor.notify.slack.blocks import Message
from tests.support.collecting import reading
from tests.support.peers.canned_server import serving
from tests.support.peers.dripping_server import dripping_server
from tests.support.peers.tls_server import write_certificate

MIB = 1024 * 1024
MAX_PROCESS_MIB = 300

SEND = """
import sys
from datetime import UTC, datetime
from prometheus_client import CollectorRegistry
from auditor.config.secrets import Secret
from auditor.config.tables.service_settings import HeartbeatSettings
from auditor.engine.incidents.notification import Notice, Notification
from auditor.errors import AuditorError
from auditor.notify.channel import OutboxPart, ThreadBatch
from auditor.notify.slack.api import Slack
from auditor.notify.slack.blocks import Message
from auditor.notify.webhook import Webhook
from auditor.observability.metrics import push_metrics
from auditor.net.bounded_request import send_bounded

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
url, kind = sys.argv[1:]
notice = Notification(key="a", thread="a", target="t", at=NOW, about=Notice(title="It is so."))
part = OutboxPart(id=1, key="a", created_at=NOW, uncertain=False, notification=notice)
try:
    match kind:
        case "webhook":
            Webhook("w", Secret(url), Secret("k"), lambda: NOW).send(ThreadBatch(parts=(part,)))
        case "pushgateway":
            push_metrics(CollectorRegistry(), url)
        case "slack":
            Slack(Secret("xoxb-5ecret"), f"{url}/api/").bot
except AuditorError as error:
    print(error)
else:
    print("accepted")
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


@cache
def nested() -> bytes:
    """Return a few kB of gzip inside gzip that become 2 GiB.

    One MiB is compressed; a full flush makes it a part that can be repeated.
    """
    block, times = b" " * MIB, 2048
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    part = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = reduce(lambda before, _: zlib.crc32(block, before), range(times), 0)
    length = times * MIB % 2**32
    header, end = gzip.compress(b"", mtime=0)[:10], b"\x03\x00"
    inner = header + part * times + end + struct.pack("<LL", checksum, length)
    return gzip.compress(inner)


def encoded(body: bytes, encoding: str) -> Response:
    return Response(body, headers={"content-encoding": encoding}, media_type="application/json")


@pytest.mark.parametrize("kind", ["webhook", "pushgateway", "slack"])
def test_an_answer_compressed_twice_costs_no_memory(kind: str) -> None:
    body = nested()
    assert len(body) < MIB
    with serving(encoded(body, "gzip, gzip")) as peer:
        done = subprocess.run(
            [sys.executable, "-c", SEND, peer.url, kind],
            capture_output=True,
            text=True,
            check=True,
        )
    outcome, memory = done.stdout.splitlines()
    assert int(memory) < MAX_PROCESS_MIB
    expected = (
        "Slack: auth.test: the answer cannot be decompressed (check the server and its proxies)"
        if kind == "slack"
        else "accepted"
    )
    assert outcome == expected


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "compress"])
def test_an_encoding_without_a_bound_is_not_decoded(encoding: str) -> None:
    with (
        serving(encoded(b"{}", encoding)) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError) as raised,
    ):
        reader.record(dict, Endpoint(path="/x"))
    assert raised.value.missing.why is MissingReason.BAD_PAYLOAD
    with serving(encoded(b"{}", encoding)) as peer, pytest.raises(DeliveryFailed):
        _ = Slack(Secret("xoxb-5ecret"), f"{peer.url}/api/").bot


@pytest.mark.parametrize("kind", ["webhook", "pushgateway"])
def test_a_body_without_an_end_is_not_read_when_the_status_is_enough(kind: str) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1024

    with serving(StreamingResponse(endless())) as peer:
        done = subprocess.run(
            [sys.executable, "-c", SEND, peer.url, kind],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.splitlines()[0] == "accepted"


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 T",
        b"HTTP/1.1 200 OK\r\nx: ",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
    ],
    ids=["status", "headers", "body"],
)
@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_an_answer_that_arrives_byte_by_byte_has_an_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, beginning: bytes, encrypted: bool
) -> None:
    monkeypatch.setattr(bounded_request, "MAX_ANSWER_SECONDS", 0.3)
    files = write_certificate(tmp_path) if encrypted else (None, None)
    if encrypted:
        monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    with dripping_server(beginning, *files) as url:
        with pytest.raises(httpx.ReadTimeout, match="takes too long"):
            send_bounded("GET", url, timeout=0.5)
        with pytest.raises(DeliveryFailed, match="no answer in time") as failure:
            Slack(Secret("xoxb-5ecret"), f"{url}/api/", timeout=0.5).post(
                "#a", Message(text="it", blocks=[]), key="k"
            )
    assert failure.value.uncertain


BY_BYTE = Limits(request=1, silence=1)
REQUESTS = {
    "a list": lambda wire: wire.get("/x", {}, auth=None, cap=1000),
    "the token": lambda wire: wire.post_form("/oauth2/v1/token", {}, {}, cap=1000),
}


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nx-"], ids=["status", "headers"])
@pytest.mark.parametrize("send", REQUESTS.values(), ids=REQUESTS)
def test_headers_that_arrive_byte_by_byte_end_at_the_deadline(send, beginning: bytes) -> None:
    with (
        dripping_server(beginning) as url,
        Transport(url, BY_BYTE, Deadline(1)) as wire,
        pytest.raises(CollectError, match="timeout") as raised,
    ):
        send(wire)
    assert raised.value.missing.why is MissingReason.TIMEOUT


def test_a_connection_check_ends_although_headers_arrive_byte_by_byte(monkeypatch) -> None:
    monkeypatch.setattr(connection_checks, "CONNECTION_CHECK_TIMEOUT_SECONDS", 1)
    with dripping_server(b"HTTP/1.1 200 OK\r\nx-") as url:
        found = connection_checks.attempt_connection(url, "/health", lambda: datetime.now(UTC))
    assert "timeout" in found.failure


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nx-"], ids=["status", "headers"])
def test_an_audit_ends_although_the_proxy_answers_byte_by_byte(
    scheme: str, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    target = Target(
        name="main",
        org_url=f"{scheme}://acme.okta.example",
        app_id="0oa1",
        unleash_url=f"{scheme}://unleash.acme.example",
    )
    credentials = Credentials(
        okta=OktaCredentials(token=Secret("00abc")),
        unleash=UnleashCredentials(token=Secret("user:abc")),
    )
    limits = Limits(audit=3, request=1, silence=1, attempts=1)
    with dripping_server(beginning) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", proxy)
        snapshot = collect(target, credentials, at=datetime.now(UTC), limits=limits)
    assert {each.why for each in snapshot.missing.values()} <= {
        MissingReason.TIMEOUT,
        MissingReason.NETWORK,
    }
    assert snapshot.missing
