"""No answer makes the auditor use more memory or time than its limits allow."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import Response, StreamingResponse

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.error_response import asked_pause, whole_number
from auditor.collect.http.limits import MAX_EMPTY_PAGES, MAX_TEXT, MIB, Limits
from auditor.collect.http.rate_limit import RateLimitBudget
from auditor.collect.okta.app import read_app
from auditor.collect.reader import Schema, cap_text
from auditor.collect.unleash.instance_settings import read_scim
from auditor.domain.collections import MissingReason
from auditor.net.retry_after import parse_http_date
from tests.support.collecting import reading
from tests.support.peers.canned_server import answer, serving
from tests.support.processes.reading_process import (
    SMALL_USERS,
    inflating_users,
    list_of_users,
    read_in_a_process,
)

MAX_PROCESS_MIB = 300


def gzipped(body: bytes) -> Response:
    return Response(body, headers={"content-encoding": "gzip"}, media_type="application/json")


@pytest.mark.parametrize(
    "rows",
    [SMALL_USERS, b" " * MIB, b"{}," * (MIB // 3), b"0," * (MIB // 2), b'"' + b"a" * MIB + b'",'],
    ids=["users", "blanks", "objects", "numbers", "long texts"],
)
def test_a_small_answer_that_decompresses_beyond_the_limit_is_truncated(rows: bytes) -> None:
    body = inflating_users(rows)
    assert len(body) < 2 * MIB
    with serving(gzipped(body)) as peer:
        outcome, memory = read_in_a_process(peer)
    assert outcome == MissingReason.TRUNCATED.value
    assert memory < MAX_PROCESS_MIB


def test_very_many_rows_are_truncated_with_and_without_compression() -> None:
    """120 MB of the smallest rows stay below the limit of bytes."""
    with serving(answer(b'{"rootRoles":[],"users":[' + SMALL_USERS * 120 + b'{"id":2}]}')) as peer:
        outcome, memory = read_in_a_process(peer)
    assert outcome == MissingReason.TRUNCATED.value
    assert memory < MAX_PROCESS_MIB


def test_a_list_of_two_hundred_thousand_users_is_read() -> None:
    body = list_of_users(200_000)
    assert len(body) > 70 * MIB
    with serving(gzipped(gzip.compress(body, 1))) as peer:
        peer.answers.append(answer({"password": 0, "noPassword": 0}))
        outcome, memory = read_in_a_process(peer)
    assert outcome == "200000"
    assert memory < MAX_PROCESS_MIB


INVALID = b'{"enabled": true, "hasToken": true, "skipped": "\xff\xfe"}'


@pytest.mark.parametrize(
    "response",
    [
        answer(INVALID),
        answer(INVALID, kind="application/json; charset=utf-8"),
        gzipped(gzip.compress(INVALID)),
        answer(b'{"enabled": true, "\xc3": 1}'),
        answer(b'{"enabled": true, "a": "\xed\xa0\x80"}'),
        answer(b'{"enabled": true} \xc3'),
    ],
    ids=["no charset", "utf-8", "gzip", "key", "surrogate", "cut at the end"],
)
def test_invalid_utf_8_in_a_skipped_field_is_a_bad_payload(response: Response) -> None:
    with (
        serving(response) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError) as raised,
    ):
        read_scim(reader)
    assert raised.value.missing.why is MissingReason.BAD_PAYLOAD


def test_a_character_that_spans_two_parts_of_a_body_is_valid() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b'{"enabled": true, "a": "\xc3', b'\xa9"}'):
            yield part

    response = StreamingResponse(parts(), media_type="application/json")
    with serving(response) as peer, reading(peer.url) as reader:
        assert read_scim(reader).enabled


def test_a_refusal_with_invalid_utf_8_keeps_its_status() -> None:
    with (
        serving(answer(b"\xff\xfe", 403, "text/html")) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError) as raised,
    ):
        read_scim(reader)
    assert raised.value.missing.why is MissingReason.FORBIDDEN


LONG = "9" * 309


@pytest.mark.parametrize("text", [LONG, "9" * 5000, "٣", "-1", "1.5", "", " 1", "1e9"])
def test_an_invalid_number_in_a_header_is_ignored(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": LONG},
        {"x-rate-limit-reset": LONG},
        {"x-rate-limit-reset": "9" * 12, "date": "Mon, 04 May 2026 09:00:00 GMT"},
        {"retry-after": "Mon, 04 May 99999 09:00:00 GMT"},
        {"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"},
        {"date": "Mon, 01 Jan 0001 00:00:00 +2359", "x-rate-limit-reset": "1"},
    ],
)
def test_headers_with_values_out_of_range_cause_no_pause(headers: dict[str, str]) -> None:
    assert asked_pause(httpx.Headers(headers)) >= 0
    budget = RateLimitBudget(Limits())
    budget.learn(
        "/x", httpx.Headers({**headers, "x-rate-limit-limit": LONG, "x-rate-limit-remaining": "1"})
    )
    assert budget.spend("/x") == 0


@pytest.mark.parametrize("text", ["", "soon", "Mon, 04 May 99999 09:00:00 GMT", "x" * 100_000])
def test_an_invalid_date_in_a_header_is_ignored(text: str) -> None:
    assert parse_http_date(text) is None


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "99999-01-01T00:00:00Z"]
)
def test_a_date_beyond_the_supported_range_is_ignored(moment: str) -> None:
    found = answer({"id": "0oa1", "lastUpdated": moment})
    with serving(found) as peer, reading(peer.url) as reader:
        assert read_app(reader, "0oa1").updated_at is None


class Thing(Schema):
    id: str


THINGS = Endpoint(path="/things")


def test_endless_pages_without_a_row_are_limited() -> None:
    pages = [answer([], link=f'</things?after={number}>; rel="next"') for number in range(50)]
    with serving(*pages) as peer, reading(peer.url, Limits(audit=60)) as reader:
        with pytest.raises(CollectError) as raised:
            list(reader.rows(Thing, THINGS))
        assert len(peer.requests) == MAX_EMPTY_PAGES + 1
    assert raised.value.missing.why is MissingReason.TRUNCATED


def test_a_free_text_is_truncated() -> None:
    assert len(cap_text("x" * 100_000) or "") == MAX_TEXT
    assert cap_text("x" * MAX_TEXT) == "x" * MAX_TEXT
    assert cap_text(None) is None
