"""Okta over HTTP: permissions, pages and rate limits."""

import time
from datetime import timedelta

import httpx
import pytest

from auditor.sandbox import Sandbox, World
from tests.support.plain_http import plain_get, plain_post


def following(client: httpx.Client, path: str, most: int = 50) -> list[httpx.Response]:
    """Return every page, starting at a path, by the `next` links."""
    pages = [client.get(path)]
    while (onward := pages[-1].links.get("next")) and len(pages) < most:
        pages.append(client.get(onward["url"]))
    return pages


@pytest.mark.parametrize("header", ["SSWS {}", "SSWS{}"])
def test_a_token_is_accepted_with_and_without_a_space(sandbox: Sandbox, header: str) -> None:
    headers = {"Authorization": header.format(sandbox.world.okta_token)}
    assert plain_get(f"{sandbox.okta_url}/api/v1/apps", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 403, "E0000005"),
        ({"Authorization": "SSWS wrong"}, 401, "E0000011"),
        ({"Authorization": "Bearer wrong"}, 401, "E0000011"),
    ],
)
def test_no_request_without_a_token_is_accepted(
    sandbox: Sandbox, headers: dict[str, str], status: int, code: str
) -> None:
    answer = plain_get(f"{sandbox.okta_url}/api/v1/apps", headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("okta.apps.read", "/api/v1/apps/{app}/users"),
        ("okta.profileMappings.read", "/api/v1/mappings"),
        ("okta.schemas.read", "/api/v1/meta/schemas/apps/{app}/default"),
        ("okta.userTypes.read", "/api/v1/meta/types/user"),
        ("okta.logs.read", "/api/v1/logs"),
        ("okta.groups.read", "/api/v1/groups/{group}/users"),
    ],
)
def test_a_removed_permission_is_a_403(
    world: World, okta: httpx.Client, scope: str, path: str
) -> None:
    where = path.format(app=world.app_id, group=world.group("Unleash Admins").id)
    assert okta.get(where).status_code == 200
    world.okta_permissions.remove(scope)
    answer = okta.get(where)
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "E0000006")


def test_pages_hold_everything_once(world: World, okta: httpx.Client) -> None:
    pages = following(okta, f"/api/v1/apps/{world.app_id}/users?limit=5&expand=user")
    assert [len(page.json()) for page in pages] == [5, 5, 2]
    assert [one["id"] for page in pages for one in page.json()] == list(world.app.assignments)
    assert all(one["_embedded"]["user"]["id"] == one["id"] for one in pages[0].json())
    assert "self" in pages[0].links


def test_the_next_page_of_filtered_mappings_lacks_the_filter(
    world: World, okta: httpx.Client
) -> None:
    pages = following(okta, f"/api/v1/mappings?targetId={world.app_id}&limit=1")
    targets = [mapping["target"]["id"] for page in pages for mapping in page.json()]
    assert targets[0] == world.app_id
    assert set(targets[1:]) != {world.app_id}


def test_a_list_of_mappings_has_no_properties(world: World, okta: httpx.Client) -> None:
    listed = okta.get(f"/api/v1/mappings?targetId={world.app_id}&limit=200").json()
    assert [("properties" in one) for one in listed] == [False, False]
    whole = okta.get(f"/api/v1/mappings/{listed[0]['id']}").json()
    assert whole["properties"]["email"] == {"expression": "user.login", "pushStatus": "PUSH"}


def test_a_missing_object_is_an_error_that_names_it(okta: httpx.Client) -> None:
    answer = okta.get("/api/v1/mappings/prm0")
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "E0000007")
    assert "prm0 (ProfileMapping)" in answer.json()["errorSummary"]


class TestLog:
    EVERYTHING = "/api/v1/logs?since=2026-02-10T00:00:00Z&limit=1000"

    def test_without_until_there_is_always_a_next(self, okta: httpx.Client) -> None:
        pages = following(okta, self.EVERYTHING, most=4)
        assert [bool(page.json()) for page in pages] == [True, False, False, False]

    def test_with_until_the_last_page_has_none(self, world: World, okta: httpx.Client) -> None:
        until = world.now.isoformat().replace("+00:00", "Z")
        pages = following(okta, f"{self.EVERYTHING[:-4]}7&until={until}")
        uuids = [event["uuid"] for page in pages for event in page.json()]
        assert len(uuids) == len(set(uuids)) > 7

    def test_a_filter_chooses_by_type_and_target(self, world: World, okta: httpx.Client) -> None:
        world.map_attribute("user", "email", "user.email", by="jo@example.com")
        mapping = world.mapping("user")
        assert mapping is not None
        query = {
            "since": "2026-05-01T00:00:00Z",
            "filter": '(eventType eq "directory.mapping.update" or eventType eq "x")'
            f' and target.id eq "{mapping.id}"',
        }
        found = okta.get("/api/v1/logs", params=query).json()
        assert [event["actor"]["alternateId"] for event in found] == ["jo@example.com"]
        assert "changeDetails" not in found[0]["target"][0]

    def test_a_filter_that_cannot_be_read_is_refused(self, okta: httpx.Client) -> None:
        answer = okta.get("/api/v1/logs", params={"filter": "eventType is x"})
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000031")

    def test_ninety_days_are_kept(self, world: World, okta: httpx.Client) -> None:
        world.advance(days=40)
        oldest = okta.get("/api/v1/logs?since=2020-01-01T00:00:00Z&limit=1").json()[0]
        kept_from = (world.now - timedelta(days=90)).isoformat()
        assert world.okta.log[0].at.isoformat() < kept_from <= oldest["published"]


def test_a_bucket_that_is_empty_answers_429(world: World, okta: httpx.Client) -> None:
    world.rate_limits["mappings"] = 2
    answers = [okta.get("/api/v1/mappings") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-Rate-Limit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert 0 < int(answers[2].headers["X-Rate-Limit-Reset"]) - time.time() <= 60
    assert okta.get("/api/v1/meta/types/user").status_code == 200


def test_a_token_request_with_a_foreign_key_is_refused(sandbox: Sandbox) -> None:
    import jwt

    mine, other = (sandbox.world.add_oauth_client() for _ in range(2))
    claims = {
        "iss": mine.id,
        "sub": mine.id,
        "aud": f"{sandbox.okta_url}/oauth2/v1/token",
        "exp": int(time.time()) + 60,
    }
    form = {
        "grant_type": "client_credentials",
        "scope": "okta.apps.read",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    url = f"{sandbox.okta_url}/oauth2/v1/token"

    def ask(key: str) -> tuple[int, str]:
        assertion = jwt.encode(claims, key, algorithm="RS256")
        answer = plain_post(url, data={**form, "client_assertion": assertion})
        return answer.status_code, answer.json().get("error", "")

    assert ask(other.private_key) == (401, "invalid_client")
    assert ask(mine.private_key) == (200, "")
    assert ask(mine.private_key) == (401, "invalid_client"), "an assertion is good for once"
    assert not sandbox.refused


def test_the_answers_are_equal_while_the_clock_stands_still(
    world: World, okta: httpx.Client
) -> None:
    path = f"/api/v1/apps/{world.app_id}"
    world.frozen = True
    before = okta.get(path).json()
    world.rename_app("Renamed")
    assert okta.get(path).json() == before
    world.frozen = False
    assert okta.get(path).json()["label"] == "Renamed"


def test_only_get_requests_are_accepted(
    sandbox: Sandbox, okta: httpx.Client, unleash: httpx.Client
) -> None:
    assert okta.put(f"/api/v1/apps/{sandbox.world.app_id}").status_code == 405
    assert unleash.post("/scim-settings/generate-new-token").status_code == 405
    assert okta.get("/api/v1/apps").status_code == 200
    assert [(one.service, one.method) for one in sandbox.refused] == [
        ("okta", "PUT"),
        ("unleash", "POST"),
    ]


def test_requests_are_recorded_without_their_secrets(
    sandbox: Sandbox, okta: httpx.Client, unleash: httpx.Client
) -> None:
    okta.get("/api/v1/apps?q=un")
    unleash.get("/ui-config")
    assert [(one.service, one.path, one.query) for one in sandbox.requests] == [
        ("okta", "/api/v1/apps", {"q": "un"}),
        ("unleash", "/api/admin/ui-config", {}),
    ]
    assert sandbox.requests[0].headers["authorization"] == "SSWS"
    assert sandbox.world.unleash_token not in str(sandbox.requests)
