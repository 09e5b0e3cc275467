"""A real Unleash of the open-source edition, provisioned and audited against the sandbox's Okta."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor import cli, run
from auditor.config.load import load_settings
from auditor.judge.findings import Memory
from auditor.sandbox import Sandbox, World
from auditor.world.snapshot import Snapshot, Why
from tests.real.unleash import RealUnleash

Audit = Callable[[], dict[str, Any]]

PROVISIONED = {
    "admin-unreachable": "pass",
    "app-not-usable": "pass",
    "attribute-missing": "pass",
    "connector-auth-not-header": "unattested",
    "duplicate-identity": "pass",
    "email-not-login": "pass",
    "extra-attribute": "pass",
    "group-push-failing": "not_applicable",
    "login-mismatch": "pass",
    "not-steady": "pass",
    "provisioning-error": "pass",
    "provisioning-off": "pass",
    "push-flag-off": "pass",
    "recovery-admin-at-risk": "fail",
    "scim-base-url-wrong": "unattested",
    "scim-credentials-rejected": "pass",
    "scim-disabled": "not_applicable",
    "scim-token-missing": "not_applicable",
    "sso-autocreate-with-scim": "not_applicable",
    "sso-identifier-differs": "not_applicable",
    "unique-identifier-not-email": "unattested",
    "unleash-too-old": "fail",
    "unmanaged-user": "pass",
    "user-not-provisioned": "pass",
    "user-not-removed": "pass",
    "user-type-unmapped": "pass",
    "username-not-login": "pass",
}
"""The initial admin is the auditor's own account here, so one recovery account is left."""

NOT_ON_THIS_EDITION = {
    "unleash.groups",
    "unleash.oidc",
    "unleash.password_login",
    "unleash.saml",
    "unleash.scim_settings",
    "unleash.service_accounts",
}


@pytest.fixture
def world() -> World:
    return World.clean(people=6)


@pytest.fixture
def config(world: World, real_unleash: RealUnleash, tmp_path, monkeypatch) -> Iterator[Path]:
    """Configure an audit of the sandbox's Okta and the real Unleash."""
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

        yield config


@pytest.fixture
def audit(config: Path, capsys) -> Audit:
    """Audit; return the target's part of the JSON."""

    def audited() -> dict[str, Any]:
        cli.run(["run", "--config", str(config), "--format", "json"])
        target: dict[str, Any] = json.loads(capsys.readouterr().out)["targets"][0]
        assert target["error"] is None
        return target

    return audited


@pytest.fixture
def look(config: Path) -> Callable[[], Snapshot]:
    """Look, without judging."""
    settings = load_settings(config, os.environ)
    return lambda: run.look(settings, settings.targets[0], (), Memory(), datetime.now(UTC))


def provision(world: World, unleash: RealUnleash) -> dict[str, int]:
    """Give everybody assigned in Okta the account that SCIM would; login to Unleash id."""
    accounts = {}
    for assignment in world.app.assignments.values():
        person = world.okta.people[assignment.person_id]
        account = unleash.create_user(email=person.login, username=person.login, name=person.name)
        unleash.set_scim_id(account, assignment.external_id)
        accounts[person.login] = account
    return accounts


def differing(target: dict[str, Any]) -> dict[str, str]:
    """Return the verdicts that are not those of a well provisioned instance."""
    said = {rule: answer["verdict"] for rule, answer in target["rules"].items()}
    assert said.keys() == PROVISIONED.keys()
    return {rule: verdict for rule, verdict in said.items() if verdict != PROVISIONED[rule]}


def subjects(target: dict[str, Any], rule: str, state: str = "open") -> set[str]:
    findings = target["rules"][rule]["findings"]
    return {each["subject"] for each in findings if each["state"] == state}


def recovery_admin(unleash: RealUnleash) -> int:
    return unleash.create_user(username="break-glass", role="Admin", password="Str0ng-Passw0rd!z")


def test_a_provisioned_instance_follows_the_guide_but_for_its_edition(world, real_unleash, audit):
    provision(world, real_unleash)
    recovery_admin(real_unleash)
    target = audit()
    assert differing(target) == {}
    (finding,) = target["rules"]["unleash-too-old"]["findings"]
    assert "edition" in finding["message"]


def test_what_the_edition_lacks_is_known_not_to_exist(look):
    snapshot = look()
    lacking = {
        name
        for name, missing in snapshot.missing.items()
        if missing.why is Why.NOT_ON_THIS_EDITION and name.startswith("unleash.")
    }
    assert lacking == NOT_ON_THIS_EDITION
    others = {name for name in snapshot.missing if name.startswith("unleash.")}
    assert others == NOT_ON_THIS_EDITION


def test_password_login_off_leaves_no_way_in(world, real_unleash, audit):
    provision(world, real_unleash)
    recovery_admin(real_unleash)
    before = audit()
    real_unleash.set_password_login(False)
    off = audit()
    real_unleash.set_password_login(True)
    again = audit()
    verdicts = [each["rules"]["admin-unreachable"]["verdict"] for each in (before, off, again)]
    assert verdicts == ["pass", "fail", "pass"]
    assert subjects(off, "admin-unreachable") == {"instance"}
    assert [change["path"] for change in off["changes"]] == ["unleash.disablePasswordAuth"]


def test_admins_without_a_password_are_no_way_in(world, real_unleash, audit):
    provision(world, real_unleash)
    real_unleash.create_user(
        email="sso.admin@elsewhere.example.org", name="No Password", role="Admin"
    )
    real_unleash.execute("UPDATE users SET password_hash = NULL WHERE id = 1")
    assert differing(audit())["admin-unreachable"] == "fail"


def test_a_password_that_may_be_a_scim_managed_admins_proves_nothing(world, real_unleash, audit):
    person = next(iter(provision(world, real_unleash).values()))
    real_unleash.execute(
        "UPDATE role_user SET role_id = (SELECT id FROM roles WHERE name = 'Admin')"
        " WHERE user_id = %s",
        person,
    )
    target = audit()
    assert differing(target)["admin-unreachable"] == "blind"
    kinds = {
        (each["subject"], each["attribute"])
        for each in target["rules"]["recovery-admin-at-risk"]["findings"]
    }
    assert (str(person), "scim-managed") in kinds


def test_who_is_missing_left_over_or_known_by_another_email_is_named(world, real_unleash, audit):
    accounts = provision(world, real_unleash)
    recovery_admin(real_unleash)
    absent, renamed, *_ = accounts
    real_unleash.delete_user(accounts[absent])
    real_unleash.execute(
        "UPDATE users SET email = 'other@mail.example.org' WHERE id = %s", accounts[renamed]
    )
    left_over = real_unleash.create_user(email="leaver@example.com")
    real_unleash.set_scim_id(left_over, "0000000000000000000LEAVER0")
    stranger = real_unleash.create_user(email="stranger@example.com")
    world.advance(hours=3)
    target = audit()
    ids = {person.login: person.id for person in world.okta.people.values()}
    assert subjects(target, "user-not-provisioned") == {ids[absent]}
    assert subjects(target, "login-mismatch", "pending") == {ids[renamed]}
    assert subjects(target, "unmanaged-user", "pending") == {str(stranger)}
    assert subjects(target, "user-not-removed", "pending") == {str(left_over)}
