"""The answers of the sandbox's Okta match Okta's own specification and SDK.

Comments name the answers that the SDK's typed client cannot read correctly.
"""

import asyncio
import json
import re
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import pytest

from auditor.sandbox import Sandbox, World
from auditor.sandbox.okta.endpoints import PATHS as SERVED
from tests.support.recorded_answers import FOLDER
from tests.support.session.process_groups import uses_json_schema, uses_okta_sdk

SLICE = FOLDER / "okta/openapi-slice-2026.06.3-noexamples.json"
PATHS = (
    "/api/v1/apps",
    "/api/v1/apps/{app}",
    "/api/v1/apps/{app}/features",
    "/api/v1/apps/{app}/connections/default",
    "/api/v1/apps/{app}/users",
    "/api/v1/apps/{app}/users?limit=500&expand=user",
    "/api/v1/apps/{app}/groups",
    "/api/v1/apps/{app}/groups?limit=200&expand=group",
    "/api/v1/apps/{app}/group-push/mappings",
    "/api/v1/mappings",
    "/api/v1/mappings/{mapping}",
    "/api/v1/meta/types/user",
    "/api/v1/meta/schemas/apps/{app}/default",
    "/api/v1/logs?since=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z&limit=1000",
    "/api/v1/mappings/unknown",
    "/api/v1/groups/{group}",
    "/api/v1/groups/{group}/users",
)
BORROWED = {
    "/api/v1/groups/{group}": "/api/v1/groups",
    "/api/v1/groups/{group}/users": "/api/v1/users",
}
"""Paths that are not in the stored part of the specification, and similar paths whose types are
used."""


@cache
def specification() -> Any:
    """Return Okta's specification as published; it is not validated itself."""
    from openapi_core import Config, OpenAPI

    if not SLICE.exists():
        pytest.skip(f"no recorded bodies in {SLICE.parent}; set AUDITOR_RECORDED")
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type] # as its manual describes
    return OpenAPI.from_dict(json.loads(SLICE.read_text()), config=config)


def without_nulls(value: Any) -> Any:
    """Remove nulls, because the specification does not permit null in most of these fields."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def validate(path: str, response: httpx.Response) -> None:
    from openapi_core.testing import MockRequest, MockResponse

    request = MockRequest("https://subdomain.okta.com", "get", path)
    answered = response.json()
    if path in BORROWED.values() and not isinstance(answered, list):
        answered = [answered]
    body = json.dumps(without_nulls(answered)).encode()
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


@uses_json_schema
@pytest.mark.parametrize("path", PATHS)
def test_a_body_matches_the_specification(varied: World, okta: httpx.Client, path: str) -> None:
    mapping = varied.mapping("user")
    assert mapping is not None
    group = varied.group("Unleash users")
    where = path.format(app=varied.app_id, mapping=mapping.id, group=group.id)
    validate(BORROWED.get(path, where.partition("?")[0]), okta.get(where))


def test_all_that_the_sandbox_serves_is_validated() -> None:
    served = {re.sub(r"{.*?}", "*", path) for path, *_ in SERVED}
    assert served == {re.sub(r"{.*?}", "*", path.partition("?")[0]) for path in PATHS} - {
        "/api/v1/mappings/unknown"
    }


@uses_json_schema
def test_the_specification_notices_a_wrong_body(world: World, okta: httpx.Client) -> None:
    world.app.status = "NO_SUCH_STATUS"
    path = f"/api/v1/apps/{world.app_id}"
    with pytest.raises(Exception, match="InvalidData"):
        validate(path, okta.get(path))


@pytest.fixture
def over_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")


def call(sandbox: Sandbox, method: str, *args: str, **config: object) -> Any:
    """Send a request with the SDK's typed client; return its model or raise its error."""
    from okta.client import Client

    async def ask() -> Any:
        given = {"orgUrl": sandbox.okta_url, "token": sandbox.world.okta_token, **config}
        result, _, error = await getattr(Client(given), method)(*args)
        if error:
            raise LookupError(str(error))
        return result

    return asyncio.run(ask())


@pytest.mark.usefixtures("over_plain_http")
@uses_okta_sdk
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

    def test_reads_the_list_of_apps(self, sandbox: Sandbox) -> None:
        found = call(sandbox, "list_applications")
        assert [(app.id, app.label) for app in found] == [
            (app.id, app.label) for app in sandbox.world.okta.apps.values()
        ]

    def test_reads_a_mapping_with_its_expressions(self, sandbox: Sandbox) -> None:
        mapping = sandbox.world.mapping("user")
        assert mapping is not None
        found = call(sandbox, "get_profile_mapping", mapping.id)
        assert (found.source.id, found.target.id) == (mapping.source.id, mapping.target.id)
        assert {
            name: (one.expression, one.push_status) for name, one in found.properties.items()
        } == {name: (one.expression, one.push_status) for name, one in mapping.properties.items()}

    def test_reads_the_switches_of_an_app_that_shows_them(self, sandbox: Sandbox) -> None:
        app_id = sandbox.world.app_id
        with pytest.raises(LookupError, match="Provisioning is not supported"):
            call(sandbox, "list_features_for_application", app_id)
        sandbox.world.show_capabilities()
        sandbox.world.switch_push("PUSH_PROFILE_UPDATES", on=False)
        (feature,) = call(sandbox, "list_features_for_application", app_id)
        assert feature.capabilities.create.lifecycle_create.status == "ENABLED"
        assert feature.capabilities.update.profile.status == "DISABLED"
        assert feature.capabilities.update.lifecycle_deactivate.status == "ENABLED"

    def test_reads_the_connection(self, sandbox: Sandbox) -> None:
        sandbox.world.show_connection()
        found = call(
            sandbox, "get_default_provisioning_connection_for_application", sandbox.world.app_id
        )
        assert (found.status, found.profile.auth_scheme) == ("ENABLED", "TOKEN")
        assert found.base_url == f"{sandbox.unleash_url}/scim"

    def test_reads_a_group_and_its_members(self, sandbox: Sandbox) -> None:
        group = sandbox.world.group("Unleash users")
        assert call(sandbox, "get_group", group.id).profile.actual_instance.name == group.name
        members = call(sandbox, "list_group_users", group.id)
        assert [one.id for one in members] == list(group.member_ids)
        assert {one.profile.login for one in members} == {
            sandbox.world.okta.people[one].login for one in group.member_ids
        }

    def test_reads_the_log(self, sandbox: Sandbox) -> None:
        sandbox.world.map_attribute("user", "email", "user.email")
        found = call(sandbox, "list_log_events")
        written = [
            event
            for event in sandbox.world.okta.log
            if event.at > sandbox.world.now - timedelta(days=7)
        ]
        assert [(one.uuid, one.event_type) for one in found] == [
            (event.uuid, event.type) for event in written
        ]

    def test_loses_base_attributes_of_an_app_schema(self, sandbox: Sandbox) -> None:
        """It has fields for those of Okta's own users only: `emailType` is none."""
        schema = call(sandbox, "get_application_user_schema", sandbox.world.app_id)
        kept = schema.definitions.base.properties.to_dict().keys()
        assert "email" in kept
        assert "emailType" in sandbox.world.app.schema.keys() - kept

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
