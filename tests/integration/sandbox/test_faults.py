"""Each fault has the effect on a client that its name states."""

import gzip
import json
import socket
import ssl
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from auditor.sandbox import faults
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.middleware import Faults
from tests.support.peers.sandbox_app import serve
from tests.support.plain_http import PlainClient, plain_get

PEOPLE = [{"id": f"0u{n}", "status": "ACTIVE", "name": "Zoë"} for n in range(6)]
USERS = "/api/v1/apps/0oa1/users"
APP = "/api/v1/apps/0oa1"
EVENTS = "/api/admin/search/events"


async def list_people(request: Request) -> JSONResponse:
    """Return two users per page, with `self` and `next` in separate headers, as Okta does."""
    start = int(request.query_params.get("after", "0"))
    response = JSONResponse(PEOPLE[start : start + 2])
    response.headers.append("link", f'<{request.url}>; rel="self"')
    if start + 2 < len(PEOPLE):
        follow = request.url.include_query_params(after=str(start + 2))
        response.headers.append("link", f'<{follow}>; rel="next"')
    return response


async def list_events(request: Request) -> JSONResponse:
    start = int(request.query_params.get("offset", "0"))
    return JSONResponse({"events": PEOPLE[start : start + 2], "total": len(PEOPLE)})


async def show_app(_: Request) -> JSONResponse:
    return JSONResponse({"id": "0oa1", "status": "ACTIVE", "features": ["PUSH_NEW_USERS"]})


async def refuse(_: Request) -> JSONResponse:
    return JSONResponse({"errorCode": "E0000001"}, status_code=400)


class Bench:
    """A small service behind faults, and a client in front of them."""

    def __init__(self, faults: Faults, client: httpx.Client) -> None:
        self.faults = faults
        self.client = client

    def get(self, name: str, path: str = USERS, *, service: str = "okta") -> httpx.Response:
        """Request a path while one fault is active."""
        self.faults.clear()
        self.faults.add(service, "/**", ALL_FAULTS[name])
        return self.client.get(path)

    @property
    def names(self) -> list[str]:
        return [struck.fault for struck in self.faults.struck]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Faults, str, str]]:
    rules = Faults()
    app = Starlette(
        routes=[
            Route(USERS, list_people),
            Route(APP, show_app),
            Route("/api/v1/apps/0oa1/features", refuse),
            Route("/api/admin/groups", show_app),
            Route(EVENTS, list_events),
        ]
    )
    with serve(rules.wrap("okta", app)) as okta, serve(rules.wrap("unleash", app)) as unleash:
        yield rules, okta, unleash


@pytest.fixture
def bench(served) -> Iterator[Bench]:
    rules, okta, _ = served
    with PlainClient(base_url=okta, timeout=10) as client:
        yield Bench(rules, client)
    rules.clear()


def read_pages(client: httpx.Client, path: str, most: int = 20) -> list[list[dict[str, str]]]:
    pages: list[list[dict[str, str]]] = []
    url: str | None = path
    while url and len(pages) < most:
        answer = client.get(url)
        pages.append(answer.json())
        url = answer.links.get("next", {}).get("url")
    return pages


def test_without_rules_the_service_answers_itself(bench):
    assert bench.client.get(APP).json()["features"] == ["PUSH_NEW_USERS"]
    assert read_pages(bench.client, USERS) == [PEOPLE[:2], PEOPLE[2:4], PEOPLE[4:]]
    assert bench.faults.struck == []


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500])
def test_okta_refuses_with_its_own_error_format(bench, code):
    name = "status-429-with-reset" if code == 429 else f"status-{code}"
    answer = bench.get(name)
    assert answer.status_code == code
    assert answer.json()["errorCode"].startswith("E00000")
    assert bench.names == [name]


def test_unleash_refuses_with_its_own_error_format(served):
    rules, _, unleash = served
    rules.clear()
    rules.add("unleash", "/api/admin/*", faults.status(404))
    answer = plain_get(f"{unleash}/api/admin/groups")
    rules.clear()
    assert answer.json()["name"] == "NotFoundError"
    assert answer.json()["message"] == (
        "The path you were looking for (/api/admin/groups) is not available."
    )


@pytest.mark.parametrize(
    ("name", "code"),
    [("status-502", 502), ("status-503", 503), ("status-404-from-a-gateway", 404)],
)
def test_a_gateway_answers_in_html(bench, name, code):
    answer = bench.get(name)
    assert answer.status_code == code
    assert answer.headers["content-type"] == "text/html"


def test_four_forms_of_a_rate_limit(bench):
    def limits(name):
        answer = bench.get(name)
        assert answer.status_code == 429
        reset_at = float(answer.headers.get("x-rate-limit-reset", "0"))
        return (
            answer.headers.get("x-rate-limit-limit"),
            answer.headers.get("x-rate-limit-remaining"),
            reset_at and reset_at - time.time(),
        )

    assert limits("status-429-with-reset") == ("100", "0", pytest.approx(0, abs=60))
    assert limits("status-429-without-reset") == (None, None, 0)
    assert limits("status-429-reset-far-ahead") == ("100", "0", pytest.approx(86400, abs=60))
    assert limits("status-429-concurrency") == ("0", "0", pytest.approx(0, abs=60))


def test_other_services_send_retry_after(served):
    rules, _, unleash = served
    rules.clear()
    rules.add("unleash", "/**", ALL_FAULTS["status-429-with-reset"])
    assert plain_get(f"{unleash}/api/admin/groups").headers["retry-after"] == "1"
    rules.clear()


def test_a_redirect_leads_to_another_host(bench):
    answer = bench.get("redirect-elsewhere", f"{USERS}?limit=2")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"http://elsewhere.invalid{USERS}?limit=2"


def test_closed_before_the_answer(bench):
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        bench.get("closed-before-answer")


def test_closed_in_the_body(bench):
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        bench.get("closed-in-body")


def test_reset_in_the_body(bench):
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        bench.get("reset-in-body")


def test_after_a_cut_the_service_goes_on(bench):
    bench.faults.add("okta", "/**", ALL_FAULTS["closed-before-answer"], times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        bench.client.get(APP)
    assert bench.client.get(APP).status_code == 200


@pytest.mark.parametrize("name", ["silent-before-answer", "silent-in-body"])
def test_silence_lasts_longer_than_the_clients_timeout(bench, name):
    bench.client.timeout = httpx.Timeout(5, read=0.2)
    with pytest.raises(httpx.ReadTimeout):
        bench.get(name)


def test_silence_in_the_body_comes_after_a_part_of_it(bench):
    bench.faults.add("okta", "/**", ALL_FAULTS["silent-in-body"])
    bench.client.timeout = httpx.Timeout(5, read=0.2)
    with bench.client.stream("GET", USERS) as answer, pytest.raises(httpx.ReadTimeout):
        answer.read()
    assert int(answer.headers["content-length"]) > answer.num_bytes_downloaded > 0


def test_a_slow_body_never_times_out_and_is_complete(bench):
    bench.faults.add("okta", "/**", faults.dripping(0.001))
    with bench.client.stream("GET", APP) as answer:
        parts = list(answer.iter_raw())
    assert len(parts) > 10
    assert json.loads(b"".join(parts))["id"] == "0oa1"


def test_a_slow_body_ends_when_the_client_disconnects(bench):
    bench.faults.add("okta", APP, faults.dripping(3600))
    with bench.client.stream("GET", APP) as answer:
        assert answer.status_code == 200
    assert bench.client.get(USERS).status_code == 200


def test_a_slow_answer_is_late_and_correct(bench):
    bench.faults.add("okta", "/**", faults.slow(0.01))
    assert bench.client.get(APP).json()["id"] == "0oa1"
    assert bench.names == ["slow"]


def test_a_huge_body_is_valid_json_of_its_size(bench):
    bench.faults.add("okta", "/**", faults.huge(3 << 20))
    answer = bench.client.get(USERS)
    assert len(answer.content) == pytest.approx(3 << 20, rel=0.01)
    assert isinstance(answer.json(), list)


def test_a_client_can_stop_reading_a_huge_body(bench):
    bench.faults.add("okta", USERS, faults.huge())
    with bench.client.stream("GET", USERS) as answer:
        assert len(next(answer.iter_bytes(1 << 16))) == 1 << 16
    assert bench.client.get(APP).status_code == 200


def test_a_gzip_bomb_decompresses_to_its_full_size(bench):
    bench.faults.add("okta", "/**", faults.gzip_bomb(8 << 20))
    with bench.client.stream("GET", USERS) as answer:
        compressed = b"".join(answer.iter_raw())
    assert len(compressed) < 32_000
    unfolded = gzip.decompress(compressed)
    assert len(unfolded) == (8 << 20) + 2
    assert json.loads(unfolded) == []


def test_httpx_decompresses_the_whole_bomb(bench):
    bench.faults.add("okta", "/**", faults.gzip_bomb(8 << 20))
    assert len(bench.client.get(USERS).content) == (8 << 20) + 2


def test_truncated_json_has_a_length_that_fits(bench):
    answer = bench.get("truncated-json")
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize(
    ("name", "content"), [("empty-body", b""), ("html-with-200", b"<!doctype html>")]
)
def test_bodies_that_are_no_json(bench, name, content):
    answer = bench.get(name)
    assert answer.status_code == 200
    assert answer.content.startswith(content)
    assert (answer.content == b"") == (name == "empty-body")


def test_the_wrong_type_is_the_other_one(bench):
    assert bench.get("wrong-type", USERS).json() == {}
    assert bench.get("wrong-type", APP).json() == []


def test_the_needed_field_is_missing(bench):
    assert bench.get("missing-field", APP).json() == {"id": "0oa1", "status": "ACTIVE"}
    assert all("id" not in person for person in bench.get("missing-field").json())


def test_a_chosen_field_is_missing(bench):
    bench.faults.add("okta", "/**", faults.missing_field("[].name"))
    assert bench.client.get(USERS).json() == [{"id": f"0u{n}", "status": "ACTIVE"} for n in (0, 1)]


def test_the_needed_field_has_the_wrong_type(bench):
    features = bench.get("wrong-type-inside", APP).json()["features"]
    assert features == {"unexpected": ["PUSH_NEW_USERS"]}


def test_an_enum_has_an_unknown_value(bench):
    assert bench.get("unknown-enum", APP).json()["status"] == "SOMETHING_UNHEARD_OF"
    assert {person["status"] for person in bench.get("unknown-enum").json()} == {
        "SOMETHING_UNHEARD_OF"
    }


def test_extra_fields_leave_the_known_ones(bench):
    app = bench.get("extra-fields", APP).json()
    assert app.pop("unheardOf")
    assert app == {"id": "0oa1", "status": "ACTIVE", "features": ["PUSH_NEW_USERS"]}
    assert all("unheardOf" in person for person in bench.get("extra-fields").json())


@pytest.mark.parametrize("name", ["wrong-charset-utf16", "wrong-charset-latin1"])
def test_the_charset_is_wrong(bench, name):
    answer = bench.get(name)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")


def test_every_page_comes_twice(bench):
    bench.faults.add("okta", "/**", ALL_FAULTS["duplicated-page"])
    pages = read_pages(bench.client, USERS)
    assert pages == [PEOPLE[:2], PEOPLE[:2], PEOPLE[2:4], PEOPLE[2:4], PEOPLE[4:], PEOPLE[4:]]


def test_the_next_link_leads_back(bench):
    bench.faults.add("okta", "/**", ALL_FAULTS["looping-next"], page=2)
    pages = read_pages(bench.client, USERS, most=5)
    assert pages == [PEOPLE[:2], PEOPLE[2:4], PEOPLE[:2], PEOPLE[2:4], PEOPLE[:2]]


def test_the_next_link_drops_the_filter(bench):
    answer = bench.get("next-drops-the-filter", f"{USERS}?sourceId=oty1&limit=2")
    following = httpx.URL(answer.links["next"]["url"])
    assert dict(following.params) == {"after": "2", "limit": "2"}
    assert answer.links["self"]["url"].endswith("?sourceId=oty1&limit=2")


def test_next_that_drops_the_filter_needs_a_filter(bench):
    bench.get("next-drops-the-filter", f"{USERS}?limit=2")
    assert bench.names == []


def test_the_next_link_leads_to_another_host(bench):
    following = httpx.URL(bench.get("next-to-another-host").links["next"]["url"])
    assert following.host == "elsewhere.invalid"
    assert following.path == USERS


def test_the_last_page_never_comes(bench):
    bench.faults.add("okta", "/**", ALL_FAULTS["never-a-last-page"])
    pages = read_pages(bench.client, USERS, most=12)
    ids = [person["id"] for page in pages for person in page]
    assert len(pages) == 12
    assert len(set(ids)) == len(ids)


def test_every_offset_is_the_first_page(bench):
    first, second = (bench.get("ignored-offset", f"{EVENTS}?offset={n}").json() for n in (0, 2))
    assert first["events"] == second["events"] == PEOPLE[:2]
    assert len(bench.names) == 1


def test_a_request_that_does_not_match_is_not_counted(bench):
    for name in ("duplicated-page", "wrong-charset-latin1", "never-a-last-page"):
        assert bench.get(name, APP).json()["id"] == "0oa1"
        assert bench.names == []


def test_a_refusal_is_not_changed_by_other_faults(bench):
    assert bench.get("empty-body", "/api/v1/apps/0oa1/features").json() == {"errorCode": "E0000001"}
    assert bench.names == []


def test_a_rule_has_its_page(bench):
    bench.faults.add("okta", USERS, faults.status(500), page=2)
    first = bench.client.get(USERS)
    second = first.links["next"]["url"]
    codes = [bench.client.get(url).status_code for url in (second, second, USERS, second)]
    assert codes == [500, 500, 200, 500]
    assert {struck.page for struck in bench.faults.struck} == {2}


def test_a_rule_has_its_times(bench):
    bench.faults.add("okta", APP, faults.status(503), times=2)
    assert [bench.client.get(APP).status_code for _ in range(3)] == [503, 503, 200]


def test_repetitions_are_used_up_only_by_matching_requests(bench):
    bench.faults.add("okta", "/**", faults.duplicated_page(), times=1)
    bench.client.get(APP)
    bench.client.get(USERS)
    assert [struck.path for struck in bench.faults.struck] == [USERS]


def test_a_star_matches_one_segment(bench):
    bench.faults.add("okta", "/api/v1/apps/*", faults.status(500))
    assert bench.client.get(APP).status_code == 500
    assert bench.client.get(USERS).status_code == 200


def test_a_rule_applies_only_to_its_service(bench):
    bench.faults.add("unleash", "/**", faults.status(500))
    assert bench.client.get(APP).status_code == 200


@pytest.mark.parametrize("name", sorted(set(ALL_FAULTS) - {"dripping", "huge-body", "gzip-bomb"}))
def test_every_fault_changes_what_the_client_gets(bench, name):
    bench.client.timeout = httpx.Timeout(5, read=0.2)
    path = f"{EVENTS}?offset=2" if name == "ignored-offset" else f"{USERS}?expand=user"
    true = bench.client.get(path)
    try:
        spoilt = bench.get(name, path)
    except httpx.TransportError:
        pass
    else:
        seen = (spoilt.status_code, spoilt.content, spoilt.headers.get("link"))
        assert seen != (true.status_code, true.content, true.headers.get("link"))
    assert bench.names == [name]


def test_a_refused_connection():
    with faults.refusing_port() as port, pytest.raises(httpx.ConnectError):
        plain_get(f"http://127.0.0.1:{port}/")


def test_tls_that_is_none():
    with faults.tls_garbage_server() as port:
        with pytest.raises(httpx.ConnectError, match="SSL"):
            httpx.get(f"https://127.0.0.1:{port}/")
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            pytest.raises(ssl.SSLError),
        ):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
