"""A real Unleash of the open-source edition, provisioned and audited against the sandbox's Okta."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from auditor import cli
from auditor.sandbox import Sandbox, World
from tests.real.unleash import RealUnleash

Audit = Callable[[], dict[str, Any]]

ENTERPRISE_ONLY = {"group-push-failing", "scim-disabled", "scim-token-missing"}
ATTESTED_BY_PEOPLE = {
    "connector-auth-not-header": "unattested",
    "scim-base-url-wrong": "unattested",
    "unique-identifier-not-email": "unattested",
}


@pytest.fixture
def world() -> World:
    return World.clean(people=6)


@pytest.fixture
def audit(
    world: World, real_unleash: RealUnleash, tmp_path, monkeypatch, capsys
) -> Iterator[Audit]:
    """Audit the sandbox's Okta and the real Unleash; return the target's part of the JSON."""
    with Sandbox(world) as sandbox:
        config = tmp_path / "auditor.toml"
        config.write_text(
            f"""
            [[target]]
            name = "real"
            [target.okta]
            org_url = "{sandbox.okta_url}"
            app_id = "{world.app_id}"
            token_env = "OKTA_TOKEN"
            [target.unleash]
            url = "{real_unleash.url}"
            token_env = "UNLEASH_TOKEN"
            """
        )
        monkeypatch.setenv("OKTA_TOKEN", world.okta_token)
        monkeypatch.setenv("UNLEASH_TOKEN", real_unleash.login_pat())

        def run() -> dict[str, Any]:
            cli.run(["run", "--config", str(config), "--format", "json"])
            summary = json.loads(capsys.readouterr().out)
            target: dict[str, Any] = summary["targets"][0]
            assert target["error"] is None
            return target

        yield run


def provision(world: World, unleash: RealUnleash) -> dict[str, int]:
    """Give everybody assigned in Okta the account that SCIM would; login to Unleash id."""
    accounts = {}
    for assignment in world.app.assignments.values():
        person = world.okta.people[assignment.person_id]
        account = unleash.create_user(email=person.login, username=person.login, name=person.name)
        unleash.set_scim_id(account, assignment.external_id)
        accounts[person.login] = account
    return accounts


def verdicts(target: dict[str, Any]) -> dict[str, str]:
    return {rule: answer["verdict"] for rule, answer in target["rules"].items()}


def findings(target: dict[str, Any], rule: str) -> list[str]:
    return [finding["subject"] for finding in target["rules"][rule]["findings"]]


def test_a_provisioned_instance_is_what_the_guide_wants_but_for_the_edition(
    world, real_unleash, audit
):
    provision(world, real_unleash)
    real_unleash.create_user(username="break-glass", role="Admin", password="Str0ng-Passw0rd!z")
    target = audit()
    answers = verdicts(target)
    print(json.dumps(answers, indent=1))
    assert answers["unleash-too-old"] == "fail"
    assert answers["admin-unreachable"] == "pass"
