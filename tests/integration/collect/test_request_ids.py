"""The request ids of the answers, by which Okta's own logs identify them."""

import httpx
import pytest

from auditor.collect.http import HttpResponse
from auditor.domain.collections import APP, LOG, MAPPINGS, USERS
from auditor.sandbox import Sandbox
from tests.support.collecting import collect_from, gap_of


def test_each_collection_of_okta_has_the_id_of_its_last_answer(sandbox: Sandbox) -> None:
    ids = collect_from(sandbox).request_ids
    assert {APP.name, MAPPINGS.name, LOG.name} <= ids.keys()
    assert all(each.startswith("req") for each in ids.values())
    assert len(set(ids.values())) == len(ids)


def test_unleash_has_no_request_ids(sandbox: Sandbox) -> None:
    assert USERS.name not in collect_from(sandbox).request_ids


def test_each_collection_has_the_endpoint_of_its_last_request(sandbox: Sandbox) -> None:
    endpoints = collect_from(sandbox).endpoints
    assert endpoints[USERS.name].startswith("GET /api/admin/user-admin")
    assert endpoints[LOG.name] == "GET /api/v1/logs"
    assert collect_from(sandbox).request_ids.keys() <= endpoints.keys()


def test_a_refusal_has_a_request_id(sandbox: Sandbox) -> None:
    sandbox.world.okta_permissions -= {"okta.logs.read"}
    snapshot = collect_from(sandbox)
    assert gap_of(snapshot, LOG).status == 403
    assert snapshot.request_ids[LOG.name].startswith("req")


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"X-Okta-Request-Id": "reqVy8wsvmBQN27h4soUE3ZEnA"}, "reqVy8wsvmBQN27h4soUE3ZEnA"),
        ({"X-Request-Id": "5f3c2e10-8e41"}, "5f3c2e10-8e41"),
        ({"X-Okta-Request-Id": "<script>", "X-Request-Id": "of-a-gateway"}, "of-a-gateway"),
        ({"X-Okta-Request-Id": "x" * 65}, ""),
        ({"X-Okta-Request-Id": "two words"}, ""),
        ({}, ""),
    ],
)
def test_only_a_valid_id_is_accepted(headers: dict[str, str], name: str) -> None:
    url = httpx.URL("https://acme.okta.com")
    answer = HttpResponse("GET /", url, 200, httpx.Headers(headers), bytearray())
    assert answer.request_id == name
