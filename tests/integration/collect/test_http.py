"""The HTTP client: retries, limits, and no request to another origin."""

import asyncio
import socketserver
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec.structs import replace
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from auditor.collect.http import ApiClient, Deadline, Endpoint, Transport
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.error_response import asked_pause
from auditor.collect.http.limits import MAX_SMALL_ANSWER_BYTES, Limits
from auditor.collect.http.paging import next_link
from auditor.collect.http.rate_limit import RateLimitBudget
from auditor.collect.reader import Schema
from auditor.collect.unleash.instance_settings import read_scim
from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.snapshot import RateLimit
from auditor.errors import ConfigError
from auditor.sandbox import Sandbox
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from tests.support.collecting import ANY_TOKEN, HASTY, PLAIN, collect_from, reading, target_of
from tests.support.peers.canned_server import Peer, answer, serving
from tests.support.peers.sandbox_app import serve
from tests.support.peers.threaded_server import served
from tests.support.peers.tls_server import serve_tls, write_certificate

GOOD = answer({"enabled": True, "hasToken": True})
THINGS = Endpoint(path="/things")


class Thing(Schema):
    id: str


def failing(peer: Peer, limits: Limits = PLAIN) -> MissingData:
    with reading(peer.url, limits) as reader, pytest.raises(CollectError) as raised:
        read_scim(reader)
    return raised.value.missing


def things(peer: Peer, limits: Limits = PLAIN) -> list[str]:
    with reading(peer.url, limits) as reader:
        return [row.id for row in reader.rows(Thing, THINGS, key=lambda row: row.id, of="us")]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_temporary_failure_is_retried(status: int) -> None:
    with serving(answer(status=status), GOOD) as peer, reading(peer.url) as reader:
        assert read_scim(reader).enabled
        assert len(peer.requests) == 2


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 405, 410])
def test_a_permanent_failure_is_not_retried(status: int) -> None:
    with serving(answer(status=status)) as peer:
        assert failing(peer).status == status
        assert len(peer.requests) == 1


def test_the_number_of_attempts_is_limited() -> None:
    with serving(answer(status=503)) as peer:
        assert failing(peer, replace(PLAIN, attempts=4)).status == 503
        assert len(peer.requests) == 4


def test_a_pause_beyond_the_limit_is_not_waited_for() -> None:
    with serving(answer(status=429, retry_after="3600"), GOOD) as peer:
        assert failing(peer).why is MissingReason.RATE_LIMITED
        assert len(peer.requests) == 1


@contextmanager
def dripping_headers() -> Iterator[str]:
    """Serve a header that grows by a byte at a time and never ends."""
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
                while not over.wait(0.05):
                    self.request.sendall(b"x")

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            over.set()


NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
DATE = "Mon, 04 May 2026 09:00:00 GMT"


def reset_in(seconds: float) -> str:
    return str(int((NOW + timedelta(seconds=seconds)).timestamp()))


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Mon, 04 May 2026 09:00:20 GMT"}, 20),
        ({"retry-after": "soon"}, 0),
        ({"x-rate-limit-reset": reset_in(12)}, 12),
        ({"X-RATE-LIMIT-RESET": reset_in(12)}, 12),
        ({"retry-after": "3", "x-rate-limit-reset": reset_in(12)}, 3),
        ({"x-rate-limit-reset": reset_in(86400)}, 0),
        ({"x-rate-limit-reset": reset_in(-30)}, 0),
        ({"x-rate-limit-reset": "never"}, 0),
        ({"x-rate-limit-limit": "0", "x-rate-limit-reset": reset_in(12)}, 0),
    ],
)
def test_the_pause_that_a_429_requests(headers: dict[str, str], pause: float) -> None:
    assert asked_pause(httpx.Headers({"date": DATE, **headers})) == pause


def test_without_a_date_header_the_local_clock_is_used() -> None:
    soon = str(int(datetime.now(UTC).timestamp()) + 60)
    assert 0 < asked_pause(httpx.Headers({"x-rate-limit-reset": soon})) <= 60


def bucket(limit: str = "10", remaining: str = "9", seconds: float = 60) -> httpx.Headers:
    return httpx.Headers(
        {
            "date": DATE,
            "x-rate-limit-limit": limit,
            "x-rate-limit-remaining": remaining,
            "x-rate-limit-reset": reset_in(seconds),
        }
    )


def spent(budget: RateLimitBudget, most: int = 20) -> int:
    return next((count for count in range(most) if budget.spend("things")), most)


@pytest.mark.parametrize(("leave", "ours"), [(0.5, 5), (0.9, 1), (0.99, 1), (0.0, 10)])
def test_a_share_of_each_rate_limit_is_left_to_other_clients(leave: float, ours: int) -> None:
    budget = RateLimitBudget(Limits(leave=leave))
    budget.learn("things", bucket())
    assert spent(budget) == ours
    assert budget.spend("others") == 0


def test_a_rate_limit_that_other_clients_used_up_is_waited_for() -> None:
    budget = RateLimitBudget(Limits())
    budget.learn("things", bucket(remaining="0"))
    assert spent(budget) == 0


def test_the_lowest_remaining_rate_limit_is_recorded() -> None:
    pages = [answer([]) for _ in range(3)]
    for page, remaining in zip(pages, ("7", "2", "9"), strict=True):
        page.headers["x-rate-limit-limit"] = "10"
        page.headers["x-rate-limit-remaining"] = remaining
        page.headers["x-rate-limit-reset"] = str(int(datetime.now(UTC).timestamp()) + 60)
    with serving(*pages) as peer:
        with ApiClient(peer.url, ANY_TOKEN, limits=PLAIN, deadline=Deadline(9)) as client:
            for _ in pages:
                client.get(THINGS)
            assert client.rate_limits == (RateLimit(bucket="/things", limit=10, remaining=2),)
        with ApiClient(peer.url, ANY_TOKEN, limits=PLAIN, deadline=Deadline(9)) as client:
            assert client.rate_limits == ()


@pytest.mark.parametrize(
    "headers",
    [
        httpx.Headers(),
        bucket(seconds=86400),
        bucket(seconds=-5),
        bucket(limit="0", remaining="0"),
        bucket(limit="many"),
    ],
)
def test_missing_or_invalid_rate_limit_headers_cause_no_pause(headers: httpx.Headers) -> None:
    budget = RateLimitBudget(Limits())
    assert budget.learn("things", headers) is None
    assert spent(budget) == 20


def test_a_rate_limit_that_resets_after_the_deadline_ends_the_list() -> None:
    def page(number: int) -> Response:
        reset = str(int(datetime.now(UTC).timestamp()) + 60)
        return answer(
            [{"id": str(number)}],
            link=f'<{peer.url}/things?after={number}>; rel="next"',
            x_rate_limit_limit="6",
            x_rate_limit_remaining="5",
            x_rate_limit_reset=reset,
        )

    with serving() as peer:
        peer.answer_with(*(page(number) for number in range(5)))
        with pytest.raises(CollectError) as raised:
            things(peer, replace(PLAIN, audit=30))
        assert raised.value.missing.why is MissingReason.RATE_LIMITED
        assert len(peer.requests) == 3


def test_a_rate_limit_that_resets_in_time_is_waited_for() -> None:
    def page(link: str) -> Response:
        reset = str(int(datetime.now(UTC).timestamp()) + 2)
        return answer(
            [{"id": link}],
            link=link,
            x_rate_limit_limit="2",
            x_rate_limit_remaining="1",
            x_rate_limit_reset=reset,
        )

    with serving() as peer:
        peer.answer_with(page(f'<{peer.url}/things?after=1>; rel="next"'), page(""))
        assert len(things(peer)) == 2


SELF = '<https://a.example/things>; rel="self"'
NEXT = '<https://a.example/things?after=2>; rel="next"'


@pytest.mark.parametrize(
    "links",
    [
        [SELF, NEXT],
        [NEXT, SELF],
        [f"{SELF}, {NEXT}"],
        [f"{NEXT},{SELF}"],
        ["<https://a.example/things?after=2>; rel=next"],
        ['<https://a.example/things?after=2>; title="a, b; rel=prev"; REL="Next"'],
        ['<https://a.example/things?after=2>;rel="prefetch next"'],
    ],
)
def test_the_next_link_is_found_among_several_in_any_order(links: list[str]) -> None:
    headers = httpx.Headers([("link", link) for link in links])
    assert next_link(headers) == "https://a.example/things?after=2"


@pytest.mark.parametrize(
    "links", [[], [SELF], ["<https://a.example>"], ['<https://a.example>; rel="nextish"; x']]
)
def test_a_header_without_a_next_link_has_none(links: list[str]) -> None:
    assert next_link(httpx.Headers([("link", link) for link in links])) is None


@pytest.mark.parametrize(
    "link",
    [
        "<https://a.example/things?after=2>; rel=NEXT",
        '<https://a.example/things?after=2>; rel="prev next"',
        '<https://a.example/things?after=2>; REL="next"',
    ],
)
def test_a_next_link_that_httpx_misses_is_found(link: str) -> None:
    """The reason not to use ``httpx.Response.links``; it fails when httpx finds them all."""
    headers = httpx.Headers({"link": link})
    assert "next" not in httpx.Response(200, headers=headers).links
    assert next_link(headers) == "https://a.example/things?after=2"


def test_an_unreadable_link_header_does_not_prove_the_end_of_the_list() -> None:
    with serving(answer([{"id": "a"}], link='</things?after=1; rel="next"')) as peer:
        with pytest.raises(CollectError) as raised:
            things(peer)
        assert raised.value.missing.why is MissingReason.TRUNCATED


def test_the_next_page_is_requested_with_the_filter_that_its_link_lost() -> None:
    with serving() as peer:
        peer.answer_with(
            answer([{"id": "a"}], link=f'<{peer.url}/things?after=1>; rel="next"'),
            answer([], link=f'<{peer.url}/things?after=2>; rel="next"'),
            answer([{"id": "b"}]),
        )
        assert things(peer) == ["a", "b"]
        assert [dict(request.query_params) for request in peer.requests] == [
            {"of": "us"},
            {"of": "us", "after": "1"},
            {"of": "us", "after": "2"},
        ]


@pytest.mark.parametrize(
    "link",
    [
        "http://elsewhere.invalid/things?after=1",
        "//elsewhere.invalid/things?after=1",
        "https://{host}/things?after=1",
        "http://someone@{host}/things?after=1",
        "http://{host}/other?after=1",
        "http://{host}/things/../other?after=1",
        "http://{host}:port/things",
    ],
)
def test_a_next_page_on_another_host_is_not_requested(link: str) -> None:
    with serving() as peer:
        where = link.format(host=urlsplit(peer.url).netloc)
        peer.answer_with(answer([{"id": "a"}], link=f'<{where}>; rel="next"'))
        with pytest.raises(CollectError) as raised:
            things(peer)
        assert raised.value.missing.why is MissingReason.TRUNCATED
        assert len(peer.requests) == 1


def test_pages_that_form_a_cycle_are_an_error() -> None:
    with serving() as peer:
        peer.answer_with(answer([{"id": "a"}], link=f'<{peer.url}/things?after=1>; rel="next"'))
        with reading(peer.url) as reader, pytest.raises(CollectError, match="circle"):
            list(reader.rows(Thing, THINGS))
        assert len(peer.requests) == 2


def test_a_redirect_is_not_followed_with_the_credential() -> None:
    with serving(GOOD) as elsewhere:
        where = f"{elsewhere.url}/api/admin/scim-settings"
        with serving(answer(status=307, location=where)) as peer:
            assert failing(peer).detail == "a redirect, never followed"
        assert not elsewhere.requests


def test_no_cookie_is_stored() -> None:
    with serving(answer({}, set_cookie="session=1")) as peer, reading(peer.url) as reader:
        read_scim(reader)
        read_scim(reader)
        assert [request.cookies for request in peer.requests] == [{}, {}]


@pytest.mark.parametrize(
    "kind", ["text/html", "text/plain; charset=utf-8", "application/json; charset=iso-8859-1", ""]
)
def test_only_json_in_utf_8_is_accepted(kind: str) -> None:
    with serving(Response(b"{}", headers={"content-type": kind})) as peer:
        assert failing(peer).why is MissingReason.BAD_PAYLOAD


def test_an_invalid_compressed_body_is_an_error() -> None:
    with serving(answer(b"no gzip", content_encoding="gzip")) as peer:
        assert failing(peer).detail == "cannot be decompressed"


def test_unleash_may_have_a_base_path() -> None:
    with serving(GOOD) as peer, reading(f"{peer.url}/team/unleash/") as reader:
        read_scim(reader)
        assert peer.requests[0].url.path == "/team/unleash/api/admin/scim-settings"


@pytest.mark.parametrize("odd", ["../users", "a/b", "a?b", "", "a" * 65, "é"])
def test_an_invalid_id_is_not_requested(odd: str) -> None:
    with pytest.raises(CollectError, match="an id that is no id"):
        Endpoint(path="/things/{}").fill(odd)


def test_the_environment_decides_which_hosts_use_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(GOOD) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with reading("http://unleash.example.invalid") as reader:
            assert read_scim(reader).enabled
        assert proxy.requests[0].headers["host"] == "unleash.example.invalid"
        monkeypatch.setenv("NO_PROXY", ".example.invalid")
        with reading("http://unleash.example.invalid") as reader, pytest.raises(CollectError):
            read_scim(reader)
        assert len(proxy.requests) == 1


def test_the_environment_can_add_a_private_certificate_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, key = write_certificate(tmp_path)
    with serve_tls(GOOD, chain, key) as url:
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        with reading(url) as reader:
            assert read_scim(reader).enabled
        monkeypatch.delenv("SSL_CERT_FILE")
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        with reading(url) as reader, pytest.raises(CollectError) as raised:
            read_scim(reader)
    assert raised.value.missing.why is MissingReason.NETWORK


@pytest.mark.parametrize(
    ("variable", "content", "why"),
    [
        ("SSL_CERT_FILE", None, "No such file or directory"),
        ("SSL_CERT_FILE", "no certificate", "it holds no certificate"),
        ("SSL_CERT_DIR", None, "no such folder"),
    ],
)
def test_an_unreadable_certificate_file_is_an_error_for_the_operator(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    content: str | None,
    why: str,
) -> None:
    named = tmp_path / "authorities"
    if content is not None:
        named.write_text(content)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, str(named))
    with (
        pytest.raises(ConfigError, match=f"{variable} cannot be used: {named}: {why}"),
        reading("https://unleash.example.invalid"),
    ):
        pass


@pytest.mark.parametrize("odd", ["gopher://me:canary@proxy:70", "http://proxy:port"])
def test_an_invalid_proxy_is_an_error_for_the_operator(
    monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", odd)
    with (
        pytest.raises(ConfigError, match="HTTPS_PROXY, HTTP_PROXY or ALL_PROXY") as raised,
        reading("https://unleash.example.invalid"),
    ):
        pass
    assert "canary" not in "".join(traceback.format_exception(raised.value))


def test_nothing_is_requested_after_the_deadline() -> None:
    with serving(GOOD) as peer:
        assert failing(peer, replace(PLAIN, audit=0)).why is MissingReason.TIMEOUT
        assert not peer.requests


def test_the_audit_ends_at_the_deadline_without_an_answer(sandbox: Sandbox) -> None:
    sandbox.faults.add("okta", "/**", ALL_FAULTS["silent-before-answer"])
    sandbox.faults.add("unleash", "/**", ALL_FAULTS["dripping"])
    impatient = replace(HASTY, audit=0.5, request=30, silence=30, attempts=9)
    snapshot = collect_from(sandbox, limits=impatient)
    assert {gap.why for gap in snapshot.missing.values()} == {MissingReason.TIMEOUT}
    assert snapshot.read == {"okta.other_assignments": ()}


def test_the_audit_ends_at_the_deadline_with_endless_headers(sandbox: Sandbox) -> None:
    with dripping_headers() as url:
        snapshot = collect_from(
            sandbox,
            target_of(sandbox, unleash_url=url),
            limits=replace(HASTY, audit=1),
        )
    gaps = {gap.why for name, gap in snapshot.missing.items() if name.startswith("unleash.")}
    assert gaps == {MissingReason.TIMEOUT}


def test_independent_requests_are_sent_in_parallel(sandbox: Sandbox) -> None:
    together = asyncio.Event()
    waiting = 0

    async def meeting(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal waiting
        waiting += 1
        if waiting >= PLAIN.connections:
            together.set()
        await together.wait()
        await answer(status=404)(scope, receive, send)

    with serve(meeting) as url:
        snapshot = collect_from(sandbox, target_of(sandbox, unleash_url=url))
    gaps = {gap.why for name, gap in snapshot.missing.items() if name.startswith("unleash.")}
    assert gaps == {MissingReason.NOT_FOUND}


def test_threads_do_not_share_connections() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(scope["path"])(scope, receive, send)

    with (
        serve(echo) as url,
        Transport(url, PLAIN, Deadline(60)) as wire,
        ThreadPoolExecutor(3 * PLAIN.connections) as threads,
    ):

        def ask(number: int) -> bytes:
            return bytes(wire.get(f"/{number}", {}, auth=None, cap=MAX_SMALL_ANSWER_BYTES).body)

        assert list(threads.map(ask, range(1000))) == [f'"/{n}"'.encode() for n in range(1000)]
