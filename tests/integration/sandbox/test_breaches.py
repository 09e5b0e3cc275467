"""An admin of the sandbox can cause and fix a breach of every rule."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.sandbox import World
from tests.support.breaches import BREACHES, Breach

RULES = Path(__file__).parents[3] / "rules"
NO_API_SHOWS = {"unique-identifier-not-email"}
NEEDS_QUIET = {"scim-endpoint-down"}
"""A recent successful push contradicts this breach; `set_scim_reachable` simulates it."""


def test_every_rule_can_be_broken() -> None:
    rules = {path.stem.replace("_", "-") for path in RULES.glob("*.py")}
    assert rules - NO_API_SHOWS - NEEDS_QUIET <= {breach.rule for breach in BREACHES}


def state(world: World) -> str:
    """Return the whole state without the logs, which every action writes."""
    org, instance = replace(world.okta, log=[]), replace(world.unleash, happenings=[])
    return repr((org, instance, world.connector_refused, world.failing))


def configuration(world: World) -> object:
    """Return the settings of admins, and what "clean" depends on."""
    app, unleash = world.app, world.unleash
    return (
        (app.status, app.sign_on_mode, sorted(app.features), app.username, app.sign_on),
        app.schema.keys() - {"nickName"},
        {
            (mapping.source.name, mapping.target.name): mapping.properties
            for mapping in world.okta.mappings.values()
        },
        [(push.status, push.error) for push in app.pushes.values()],
        (unleash.version, unleash.is_enterprise, unleash.password_login),
        (unleash.scim_enabled, unleash.scim_has_token, unleash.saml, unleash.oidc),
        {team.name: team.root_role for team in unleash.teams.values()},
    )


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_changes_the_state_and_its_fix_restores_the_configuration(
    world: World, breach: Breach
) -> None:
    clean, configured = state(world), configuration(world)
    breach.break_(world)
    broken = state(world)
    assert broken != clean
    breach.fix(world)
    assert state(world) != broken or breach.rule == "not-steady"
    assert configuration(world) == configured
