"""The answers of the sandbox's Unleash match those of a recorded open-source server."""

import json
from typing import Any

import httpx
import pytest

from auditor.sandbox import Sandbox, World
from auditor.sandbox.unleash.endpoints import PATHS
from tests.support.plain_http import plain_get
from tests.support.recorded_answers import body, names, needs_recordings

pytestmark = needs_recordings

VARIES = {
    "apiTokens",
    "edgeInstanceUsage",
    "flags",
    "latest",
    "resourceLimits",
    "unleashContext",
}
"""Objects whose keys depend on the server's version, its age, what is in it or the caller."""

ABSENT_WHEN_EMPTY = {"name", "username", "email", "groupType", "groupId"}
MANY = {"events", "groups", "pats", "users"}
"""Lists whose items differ, but whose items have the same fields."""

CALLERS = {
    "pat": "unleash_token",
    "group_admin_pat": "unleash_token",
    "viewer_pat": "viewer_token",
    "admin_api_token": "admin_api_token",
    "backend_token": "backend_token",
    "garbage": "garbage",
    "expired_pat": "garbage",
    "bearer": "unleash_token",
    "none": "",
}
"""Caller of the real server to the corresponding token of the sandbox."""

REVOKED = {"user_admin_list__revoked_pat"}
WITHOUT_COUNTERPART = {"user_admin_permissions_scimuser", "user_admin_one"}
"""Paths with the id of an account, which have their own tests."""


def recordings() -> list[str]:
    """Return the names of all recorded GET requests whose path the sandbox serves, too."""
    found = []
    for name in names("unleash", "*.json"):
        request = body("unleash", name)["request"]
        path = request["path"].partition("?")[0]
        served = path == "/health" or any(each.pattern.fullmatch(path) for each in PATHS)
        if request["method"] == "GET" and served:
            found.append(name.removesuffix(".json"))
    return found


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = body("unleash", f"{name}.json")
    return found


@pytest.fixture
def open_source(world: World) -> World:
    world.set_version("8.2.0", enterprise=False)
    world.see("provisioning-auditor")
    return world


def shape(value: Any, name: str = "") -> Any:
    """Return the shape of a body: keys and types of values, without the values."""
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key not in ABSENT_WHEN_EMPTY}
        return {key: "…" if key in VARIES else shape(one, key) for key, one in kept.items()}
    if isinstance(value, list) and name in MANY:
        return {tuple(sorted(one.keys() - ABSENT_WHEN_EMPTY)) for one in value}
    if isinstance(value, list):
        return {json.dumps(shape(one), sort_keys=True) for one in value}
    return type(value).__name__


@pytest.mark.usefixtures("open_source")
@pytest.mark.parametrize("name", sorted(set(recordings()) - WITHOUT_COUNTERPART))
def test_an_answer_has_the_recorded_shape(sandbox: Sandbox, name: str) -> None:
    want = recorded(name)
    caller = CALLERS["garbage" if name in REVOKED else want["request"]["auth"]]
    token = getattr(sandbox.world, caller, caller)
    headers = {"Authorization": token} if token else {}
    have = plain_get(sandbox.unleash_url + want["request"]["path"], headers=headers)
    assert (have.status_code, have.headers["content-type"]) == (
        want["status"],
        want["content_type"],
    )
    answered, expected = shape(have.json()), shape(want["body"])
    for many in MANY & expected.keys() & answered.keys():
        if not (expected[many] and answered[many]):
            del expected[many], answered[many]
    assert answered == expected


def test_most_compared_lists_have_items(sandbox: Sandbox, open_source: World) -> None:
    headers = {"Authorization": open_source.unleash_token}
    for path, many in (
        ("/user-admin", "users"),
        ("/user-admin/access", "groups"),
        ("/search/events", "events"),
        ("/user/tokens", "pats"),
    ):
        url = f"{sandbox.unleash_url}/api/admin{path}"
        assert plain_get(url, headers=headers).json()[many]


@pytest.mark.usefixtures("open_source")
def test_one_user_has_the_recorded_fields(unleash: httpx.Client) -> None:
    want = recorded("user_admin_one")["body"]
    have = unleash.get("/user-admin/8").json()
    assert have.keys() - ABSENT_WHEN_EMPTY == want.keys() - ABSENT_WHEN_EMPTY


def test_a_permission_overview_has_the_recorded_shape(unleash: httpx.Client) -> None:
    want = recorded("user_admin_permissions_scimuser")["body"]
    admin = next(user for user in unleash.get("/user-admin").json()["users"] if user["scimId"])
    have = unleash.get(f"/user-admin/{admin['id']}/permissions").json()
    assert have.keys() == want.keys()
    assert have["overview"].keys() == want["overview"].keys()
    assert have["overview"]["root"][0].keys() == want["overview"]["root"][0].keys()


def test_scim_without_scim_is_a_web_page(sandbox: Sandbox) -> None:
    sandbox.world.set_scim(enabled=False)
    answer = plain_get(f"{sandbox.unleash_url}/scim/Users")
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/html; charset=utf-8",
    )
