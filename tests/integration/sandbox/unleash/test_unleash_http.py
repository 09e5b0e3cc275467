"""Unleash over HTTP: tokens, roles, the event log, and secrets that must not be stored."""

from datetime import timedelta

import httpx
import pytest

from auditor.sandbox import Sandbox, World
from tests.support.plain_http import plain_get


def read(sandbox: Sandbox, path: str, token: str) -> httpx.Response:
    url = f"{sandbox.unleash_url}/api/admin{path}"
    return plain_get(url, headers={"Authorization": token})


@pytest.mark.parametrize("path", ["/user-admin", "/no-such-path"])
def test_authentication_comes_before_everything(sandbox: Sandbox, path: str) -> None:
    assert read(sandbox, path, "wrong").status_code == 401
    assert plain_get(f"{sandbox.unleash_url}/api/admin{path}").status_code == 401


def test_a_bearer_prefix_is_accepted(sandbox: Sandbox) -> None:
    token = sandbox.world.unleash_token
    assert read(sandbox, "/user-admin", f"Bearer {token}").status_code == 200


def test_a_token_that_expired_or_was_revoked_is_unknown(sandbox: Sandbox, world: World) -> None:
    world.set_token_expiry("auditor", days=3)
    assert read(sandbox, "/user/tokens", world.unleash_token).json()["pats"][0]["expiresAt"] == (
        (world.now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S.") + "000Z"
    )
    world.advance(days=4)
    assert read(sandbox, "/user-admin", world.unleash_token).status_code == 401
    world.revoke_token("admin")
    assert read(sandbox, "/user-admin", world.admin_api_token).status_code == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/user-admin", 403),
        ("/user-admin/admin-count", 403),
        ("/scim-settings", 403),
        ("/user-admin/access", 200),
        ("/ui-config", 200),
        ("/instance-admin/statistics", 200),
        ("/search/events", 200),
        ("/user", 200),
    ],
)
def test_a_viewer_reads_less(sandbox: Sandbox, path: str, status: int) -> None:
    assert read(sandbox, path, sandbox.world.viewer_token).status_code == status


def test_a_viewer_in_an_admin_group_reads_everything(sandbox: Sandbox, world: World) -> None:
    world.add_team("Auditors", role="Admin", members=["viewer"])
    assert read(sandbox, "/user-admin", world.viewer_token).status_code == 200


def test_the_open_source_edition_lacks_enterprise_endpoints(
    world: World, unleash: httpx.Client
) -> None:
    world.set_version("8.2.0", enterprise=False)
    for path in ("/groups", "/scim-settings", "/auth/saml/settings", "/service-account"):
        assert unleash.get(path).json()["name"] == "NotFoundError"
    assert unleash.get("/user-admin").status_code == 200


def test_admins_are_counted_from_the_accounts(world: World, unleash: httpx.Client) -> None:
    world.set_password("recovery.two", has_password=False)
    world.make_admin("amara.okafor@example.com")
    counts = unleash.get("/user-admin/admin-count").json()
    assert counts == {"password": 1, "noPassword": 2, "service": 1}


def test_an_admin_by_group_has_the_permission(world: World, unleash: httpx.Client) -> None:
    def is_admin(login: str) -> bool:
        path = f"/user-admin/{world.account(login).id}/permissions"
        root = unleash.get(path).json()["overview"]["root"]
        return {one["name"] for one in root if one["hasPermission"]} >= {"ADMIN"}

    assert is_admin("amara.okafor@example.com")
    assert not is_admin("grace.tanaka@example.com")


class TestEvents:
    def search(self, client: httpx.Client, **query: str) -> list[str]:
        found = client.get("/search/events", params=query).json()
        return [event["type"] for event in found["events"]]

    def test_are_chosen_by_type_and_day_newest_first(
        self, world: World, unleash: httpx.Client
    ) -> None:
        world.advance(days=1)
        world.set_password_login(on=False)
        world.make_admin("grace.tanaka@example.com")
        today = {"from": "IS:2026-05-05", "to": "IS:2026-05-05"}
        assert self.search(unleash, **today) == ["user-updated", "setting-updated"]
        assert self.search(unleash, type="IS:setting-updated", **today) == ["setting-updated"]
        assert self.search(unleash, **{"from": "IS:2026-05-06"}) == []

    def test_need_their_operators(self, unleash: httpx.Client) -> None:
        for query in ({"type": "user-created"}, {"from": "2026-05-05"}):
            answer = unleash.get("/search/events", params=query)
            assert (answer.status_code, answer.json()["name"]) == (400, "BadDataError")

    def test_come_in_pages(self, world: World, unleash: httpx.Client) -> None:
        first = unleash.get("/search/events?limit=3").json()
        second = unleash.get("/search/events?limit=3&offset=3").json()
        assert first["total"] == len(world.unleash.happenings)
        ids = [event["id"] for page in (first, second) for event in page["events"]]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 6


def test_every_secret_contains_the_canary(unleash: httpx.Client) -> None:
    from auditor.sandbox.model.ids import CANARY

    users = unleash.get("/user-admin").json()["users"]
    assert all(CANARY in user["inviteLink"] for user in users)
    assert CANARY in unleash.get("/auth/oidc/settings").json()["secret"]
    assert CANARY in unleash.get("/auth/saml/settings").json()["spCertificate"]


def test_scim_refuses_a_token_that_is_not_its_own(sandbox: Sandbox) -> None:
    answer = plain_get(f"{sandbox.unleash_url}/scim/Users")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/scim+json")
