"""The sandbox's Unleash answers as a real open-source server was recorded, field by field."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from auditor.sandbox import Sandbox, World

RECORDED = Path(__file__).parents[3] / "shared/recorded/unleash"
VARIES = {"flags", "resourceLimits", "edgeInstanceUsage", "unleashContext", "latest"}
"""Objects whose keys depend on the server's version, its age or the caller."""
ABSENT_WHEN_EMPTY = {"name", "username", "email", "groupType", "groupId"}


def recorded(name: str) -> dict[str, Any]:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the recorded bodies are not here: {RECORDED}")
    body: dict[str, Any] = json.loads(path.read_text())
    return body


@pytest.fixture
def open_source(world: World) -> World:
    world.set_version("8.2.0", enterprise=False)
    world.see("provisioning-auditor")
    return world


def shape(value: Any) -> Any:
    """What a body is made of: keys and kinds of values, not the values."""
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key not in ABSENT_WHEN_EMPTY}
        return {key: "…" if key in VARIES else shape(one) for key, one in sorted(kept.items())}
    if isinstance(value, list):
        return {json.dumps(shape(one)) for one in value}
    return type(value).__name__


SAME = {
    "ui_config": "unleash_token",
    "ui_config__none": "",
    "ui_config__backend_token": "backend_token",
    "instance_statistics": "unleash_token",
    "user_admin_admin_count": "unleash_token",
    "user_admin_admin_count__viewer_pat": "viewer_token",
    "user_admin_list__viewer_pat": "viewer_token",
    "user_admin_list__garbage_token": "garbage",
    "user_admin_list__none": "",
    "user_admin_list__backend_token": "backend_token",
    "user_admin_404": "unleash_token",
    "user_me": "unleash_token",
    "pat_list": "unleash_token",
    "groups": "unleash_token",
    "roles": "unleash_token",
    "service_accounts": "unleash_token",
    "scim_settings": "unleash_token",
    "scim_settings__none": "",
    "scim_settings__viewer_pat": "viewer_token",
    "auth_simple_settings": "unleash_token",
    "auth_saml_settings": "unleash_token",
    "events_bad_filter": "unleash_token",
    "events_search_scim": "unleash_token",
    "health": "",
}


@pytest.mark.usefixtures("open_source")
@pytest.mark.parametrize("name", SAME)
def test_an_answer_has_the_recorded_shape(sandbox: Sandbox, name: str) -> None:
    want = recorded(name)
    token = getattr(sandbox.world, SAME[name], SAME[name])
    headers = {"Authorization": token} if token else {}
    have = httpx.get(sandbox.unleash_url + want["request"]["path"], headers=headers)
    assert (have.status_code, have.headers["content-type"]) == (
        want["status"],
        want["content_type"],
    )
    assert shape(have.json()) == shape(want["body"])


LISTS = {
    "user_admin_list__pat": "users",
    "user_admin_access": "groups",
    "events_search_type": "events",
}


@pytest.mark.usefixtures("open_source")
@pytest.mark.parametrize("name", LISTS)
def test_every_entry_has_the_recorded_fields(unleash: httpx.Client, name: str) -> None:
    """Lists differ in who is on them, not in what is said of them."""
    want = recorded(name)
    have = unleash.get(want["request"]["path"].removeprefix("/api/admin")).json()
    assert have.keys() == want["body"].keys()
    assert have[LISTS[name]]
    for entry in have[LISTS[name]]:
        assert fields(entry) == fields(want["body"][LISTS[name]][0])


@pytest.mark.usefixtures("open_source")
def test_one_user_has_the_recorded_fields(unleash: httpx.Client) -> None:
    assert fields(unleash.get("/user-admin/8").json()) == fields(recorded("user_admin_one")["body"])


def fields(entry: dict[str, Any]) -> set[str]:
    return entry.keys() - ABSENT_WHEN_EMPTY


def test_a_permission_overview_looks_as_recorded(unleash: httpx.Client) -> None:
    want = recorded("user_admin_permissions_scimuser")["body"]
    admin = next(user for user in unleash.get("/user-admin").json()["users"] if user["scimId"])
    have = unleash.get(f"/user-admin/{admin['id']}/permissions").json()
    assert have.keys() == want.keys()
    assert have["overview"].keys() == want["overview"].keys()
    assert have["overview"]["root"][0].keys() == want["overview"]["root"][0].keys()


def test_scim_without_scim_is_a_web_page(sandbox: Sandbox) -> None:
    sandbox.world.set_scim(enabled=False)
    answer = httpx.get(f"{sandbox.unleash_url}/scim/Users")
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/html; charset=utf-8",
    )
