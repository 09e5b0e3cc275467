"""An app is found by its id or its label, or the reason is stated."""

from dataclasses import replace

import pytest

from auditor.collect.okta.app_search import DpopRequiredError, find_apps
from auditor.config.secrets import OktaCredentials, Secret
from auditor.errors import ConfigError
from auditor.sandbox import Sandbox, World


@pytest.fixture
def staging(world: World) -> str:
    """Add another app, whose label begins with the label of the first."""
    app = replace(world.okta.apps[world.app_id], id=world.ids.okta("0oa"), label="Unleash staging")
    world.okta.apps[app.id] = app
    return app.id


def found(sandbox: Sandbox, wanted: str, credentials: OktaCredentials | None = None) -> list[str]:
    known = credentials or OktaCredentials(token=Secret(sandbox.world.okta_token))
    return [app.id for app in find_apps(sandbox.okta_url, known, wanted)]


def test_an_app_is_found_by_its_id(sandbox: Sandbox, staging: str) -> None:
    assert found(sandbox, staging) == [staging]
    (app,) = find_apps(
        sandbox.okta_url, OktaCredentials(token=Secret(sandbox.world.okta_token)), staging
    )
    assert (app.label, app.status) == ("Unleash staging", "ACTIVE")


def test_an_app_is_found_by_its_label_in_any_case(sandbox: Sandbox, staging: str) -> None:
    assert found(sandbox, "unleash") == [sandbox.world.app_id]
    assert found(sandbox, "UNLEASH Staging") == [staging]


def test_an_app_is_found_by_the_start_of_its_label(sandbox: Sandbox, staging: str) -> None:
    assert set(found(sandbox, "Unl")) == {sandbox.world.app_id, staging}
    assert found(sandbox, "Something else") == []


def test_an_id_that_does_not_exist_is_reported(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match=r"Okta cannot be read: not found \(404\)"):
        found(sandbox, "0oaDoesNotExist00000")


def test_a_refused_credential_is_reported(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match=r"unauthorized \(401\)"):
        found(sandbox, "Unleash", OktaCredentials(token=Secret("wrong")))


def test_a_required_proof_of_possession_has_its_own_message(sandbox: Sandbox) -> None:
    client = sandbox.world.add_oauth_client()
    sandbox.world.requires_dpop = True
    key = Secret(client.private_key)
    with pytest.raises(DpopRequiredError):
        found(sandbox, "Unleash", OktaCredentials(client_id=client.id, private_key=key))
    proving = OktaCredentials(client_id=client.id, private_key=key, dpop=True)
    assert found(sandbox, "Unleash", proving) == [sandbox.world.app_id]
