"""The sandbox's Okta answers what Okta's own specification and SDK understand."""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from auditor.sandbox import Sandbox, World

RECORDED = Path(__file__).parents[3] / "shared/recorded/okta"
SLICE = RECORDED / "openapi-slice-2026.06.3-noexamples.json"
PATHS = (
    "/api/v1/apps",
    "/api/v1/apps/{app}",
    "/api/v1/apps/{app}/features",
    "/api/v1/apps/{app}/connections/default",
    "/api/v1/apps/{app}/users?limit=500&expand=user",
    "/api/v1/apps/{app}/groups",
    "/api/v1/apps/{app}/group-push/mappings",
    "/api/v1/mappings",
    "/api/v1/mappings/{mapping}",
    "/api/v1/meta/types/user",
    "/api/v1/meta/schemas/apps/{app}/default",
    "/api/v1/logs?since=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z&limit=1000",
    "/api/v1/mappings/unknown",
)


@cache
def specification() -> OpenAPI:
    """Okta's, as published: its own faults are not looked at."""
    if not SLICE.exists():
        pytest.skip(f"Okta's OpenAPI slice is not here: {SLICE}")
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type] # as its manual says
    return OpenAPI.from_dict(json.loads(SLICE.read_text()), config=config)


def without_nulls(value: Any) -> Any:
    """The specification calls hardly anything nullable that Okta sends as null."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def validate(path: str, response: httpx.Response) -> None:
    request = MockRequest("https://subdomain.okta.com", "get", path)
    body = json.dumps(without_nulls(response.json())).encode()
    answer = MockResponse(body, response.status_code, content_type="application/json")
    specification().validate_response(request, answer)


@pytest.fixture(params=["custom app", "app that shows everything", "trouble"])
def varied(request: pytest.FixtureRequest, world: World) -> World:
    if request.param == "app that shows everything":
        world.show_capabilities()
        world.show_connection()
        world.add_schema_attribute("title")
        world.set_username_template("user.email", "DONT_PUSH")
    if request.param == "trouble":
        world.fail_provisioning("amara.okafor@example.com")
        world.break_group_push("Unleash Admins")
        world.deactivate_person("chiara.rossi@example.com")
        world.set_sign_on_mode("AUTO_LOGIN")
    return world


@pytest.mark.parametrize("path", PATHS)
def test_a_body_is_what_the_specification_promises(
    varied: World, okta: httpx.Client, path: str
) -> None:
    mapping = varied.mapping("user")
    assert mapping is not None
    where = path.format(app=varied.app_id, mapping=mapping.id)
    validate(where.partition("?")[0], okta.get(where))


def test_the_specification_notices_a_wrong_body(world: World, okta: httpx.Client) -> None:
    world.app.status = "NO_SUCH_STATUS"
    path = f"/api/v1/apps/{world.app_id}"
    with pytest.raises(Exception, match="InvalidData"):
        validate(path, okta.get(path))


@pytest.fixture
def over_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")


def call(sandbox: Sandbox, method: str, *args: str, **config: object) -> Any:
    """Ask by the SDK's typed client; return its model or raise its error."""
    from okta.client import Client

    async def ask() -> Any:
        given = {"orgUrl": sandbox.okta_url, "token": sandbox.world.okta_token, **config}
        result, _, error = await getattr(Client(given), method)(*args)
        if error:
            raise LookupError(str(error))
        return result

    return asyncio.run(ask())


@pytest.mark.usefixtures("over_plain_http")
class TestOfficialClient:
    def test_reads_the_app(self, sandbox: Sandbox) -> None:
        app = call(sandbox, "get_application", sandbox.world.app_id)
        assert (app.label, app.sign_on_mode.value) == ("Unleash", "SAML_2_0")

    def test_reads_every_assignment(self, sandbox: Sandbox) -> None:
        found = call(sandbox, "list_application_users", sandbox.world.app_id)
        assert [one.id for one in found] == list(sandbox.world.app.assignments)
        assert {one.status.value for one in found} == {"PROVISIONED"}

    def test_reads_mappings_types_groups_and_pushes(self, sandbox: Sandbox) -> None:
        app_id = sandbox.world.app_id
        assert len(call(sandbox, "list_user_types")) == 2
        assert len(call(sandbox, "list_profile_mappings")) == 8
        assert len(call(sandbox, "list_application_group_assignments", app_id)) == 1
        assert len(call(sandbox, "list_group_push_mappings", app_id)) == 2

    @pytest.mark.parametrize("bound", [False, True])
    def test_signs_in_with_a_private_key(self, sandbox: Sandbox, bound: bool) -> None:
        client = sandbox.world.add_oauth_client(frozenset({"okta.apps.read"}))
        sandbox.world.requires_dpop = bound
        config = {
            "authorizationMode": "PrivateKey",
            "clientId": client.id,
            "privateKey": client.private_key,
            "scopes": ["okta.apps.read"],
            "dpopEnabled": bound,
        }
        assert call(sandbox, "get_application", sandbox.world.app_id, **config).label == "Unleash"
        assert [bool(issued.thumbprint) for issued in client.issued.values()] == [bound]
        with pytest.raises(LookupError, match="E0000006"):
            call(sandbox, "list_user_types", **config)
