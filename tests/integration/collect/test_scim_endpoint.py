"""The check of the SCIM endpoint: one GET without a credential, classified."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from starlette.responses import Response

from auditor.collect.collector import collect
from auditor.collect.http import ApiClient, Deadline
from auditor.collect.http.collect_error import CollectError
from auditor.collect.unleash.scim_endpoint import endpoint_url, read_scim_endpoint
from auditor.domain.collections import INSTANCE, SCIM_ENDPOINT, MissingReason
from auditor.domain.unleash import Instance, ScimAnswer, ScimEndpoint
from auditor.sandbox import Sandbox
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from tests.support.collecting import (
    ANY_TOKEN,
    AT,
    PLAIN,
    collect_from,
    credentials_of,
    gap_of,
    target_of,
)
from tests.support.peers.canned_server import Peer, answer, serving

PATH = "/scim/Users"
LIST_RESPONSE = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}
SCIM_ERROR = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "401"}
SCIM_JSON = "application/scim+json"
PAGE = b"<!DOCTYPE html><html></html>"


def check(peer: Peer, instance: Instance | None = None) -> ScimEndpoint:
    with ApiClient(peer.url, ANY_TOKEN, limits=PLAIN, deadline=Deadline(20)) as client:
        return read_scim_endpoint(client, peer.url, instance or Instance(), AT)


def test_one_get_without_a_credential_is_sent(sandbox: Sandbox) -> None:
    endpoint = collect_from(sandbox)[SCIM_ENDPOINT]
    (request,) = [each for each in sandbox.requests if each.path == PATH]
    assert request.method == "GET"
    assert request.query == {"startIndex": "1", "count": "1"}
    assert not {"authorization", "cookie"} & request.headers.keys()
    assert "SCIM endpoint check" in request.headers["user-agent"]
    assert endpoint == ScimEndpoint(
        url=f"{sandbox.unleash_url}/scim",
        answer=ScimAnswer.REFUSED,
        status=401,
        content_type="application/scim+json",
        at=AT,
    )


def test_without_scim_the_answer_is_a_web_page(sandbox: Sandbox) -> None:
    sandbox.world.set_scim(enabled=False)
    assert collect_from(sandbox)[SCIM_ENDPOINT].answer is ScimAnswer.HTML


def test_a_target_can_switch_the_check_off(sandbox: Sandbox) -> None:
    snapshot = collect_from(sandbox, target_of(sandbox, scim_probe=False))
    assert gap_of(snapshot, SCIM_ENDPOINT).why is MissingReason.NOT_CONFIGURED
    assert not [each for each in sandbox.requests if each.path == PATH]


@pytest.mark.parametrize(
    ("age", "url", "asks"),
    [
        (timedelta(minutes=54), "{}/scim", False),
        (timedelta(minutes=55), "{}/scim", True),
        (timedelta(minutes=-1), "{}/scim", True),
        (timedelta(minutes=54), "http://elsewhere.example.com/scim", True),
    ],
    ids=["recent", "an hour old", "from the future", "of another address"],
)
def test_the_check_is_sent_at_most_once_an_hour(
    sandbox: Sandbox, age: timedelta, url: str, asks: bool
) -> None:
    known = ScimEndpoint(
        url=url.format(sandbox.unleash_url), answer=ScimAnswer.HTML, status=200, at=AT - age
    )
    snapshot = collect(
        target_of(sandbox),
        credentials_of(sandbox),
        at=AT,
        limits=PLAIN,
        known_scim_endpoint=known,
    )
    assert (snapshot[SCIM_ENDPOINT] != known) is asks
    assert bool([each for each in sandbox.requests if each.path == PATH]) is asks


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer(SCIM_ERROR, 401, SCIM_JSON), ScimAnswer.REFUSED),
        (answer({"message": "no"}, 403), ScimAnswer.REFUSED),
        (answer(PAGE, 401, "text/html"), ScimAnswer.OTHER),
        (answer(PAGE, 403, "application/json"), ScimAnswer.OTHER),
        (answer(b'{"a": "\xff"}', 401), ScimAnswer.OTHER),
        (answer(LIST_RESPONSE, 200, SCIM_JSON), ScimAnswer.SCIM),
        (answer(LIST_RESPONSE, 200), ScimAnswer.SCIM),
        (answer({"users": []}, 200), ScimAnswer.OTHER),
        (answer([], 200, SCIM_JSON), ScimAnswer.OTHER),
        (answer(PAGE, 200, "text/html; charset=utf-8"), ScimAnswer.HTML),
        (answer(SCIM_ERROR, 404, SCIM_JSON), ScimAnswer.NOT_FOUND),
        (answer(PAGE, 404, "text/html"), ScimAnswer.NOT_FOUND),
        (answer(status=302, location="http://nowhere.invalid/"), ScimAnswer.REDIRECT),
        (answer(status=308, location="/scim/v2/Users"), ScimAnswer.REDIRECT),
        (answer(status=429), ScimAnswer.OTHER),
        (answer(status=503), ScimAnswer.OTHER),
    ],
)
def test_the_class_of_an_answer(response: Response, kind: ScimAnswer) -> None:
    with serving(response) as peer:
        found = check(peer)
        assert (found.answer, found.status) == (kind, response.status_code)
        assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("unleash_url", "base_path", "expected"),
    [
        ("https://u.example.com", "", "https://u.example.com/scim"),
        ("https://u.example.com", None, "https://u.example.com/scim"),
        ("https://u.example.com/flags", None, "https://u.example.com/flags/scim"),
        ("https://u.example.com", "/flags", "https://u.example.com/flags/scim"),
        ("https://u.example.com:4242/flags", "/other/", "https://u.example.com:4242/other/scim"),
        ("https://u.example.com/flags", "", "https://u.example.com/scim"),
    ],
)
def test_the_base_path_of_unleash_comes_before_scim(
    unleash_url: str, base_path: str | None, expected: str
) -> None:
    assert endpoint_url(unleash_url, Instance(base_uri_path=base_path)) == expected


@pytest.mark.parametrize("base_path", ["@evil.example.com", "//evil", "/a?b", "flags", "/a b"])
def test_an_invalid_base_path_is_not_requested(base_path: str) -> None:
    with serving(answer()) as peer:
        with pytest.raises(CollectError) as raised:
            check(peer, Instance(base_uri_path=base_path))
        assert raised.value.missing.why is MissingReason.BAD_PAYLOAD
        assert not peer.requests


def test_the_request_is_sent_below_the_base_path() -> None:
    with serving(answer(SCIM_ERROR, 401, SCIM_JSON)) as peer:
        check(peer, Instance(base_uri_path="/flags"))
        assert [each.url.path for each in peer.requests] == ["/flags/scim/Users"]


def test_without_the_settings_of_the_instance_the_address_is_unknown(sandbox: Sandbox) -> None:
    sandbox.faults.add("unleash", "/api/admin/ui-config", ALL_FAULTS["status-403"])
    snapshot = collect_from(sandbox)
    assert gap_of(snapshot, SCIM_ENDPOINT) == gap_of(snapshot, INSTANCE)


def test_an_endpoint_that_does_not_answer_is_missing_data(sandbox: Sandbox) -> None:
    sandbox.faults.add("unleash", PATH, ALL_FAULTS["silent-before-answer"])
    snapshot = collect_from(sandbox, limits=replace(PLAIN, silence=1))
    missing = gap_of(snapshot, SCIM_ENDPOINT)
    assert (missing.why, missing.endpoint) == (MissingReason.TIMEOUT, f"GET {PATH}")
    assert snapshot.read.keys() >= {"unleash.ui_config"}
