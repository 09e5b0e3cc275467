"""``auditor init --discover``: target files for the apps of an org that may provision Unleash."""

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from auditor.config.loading import load_settings
from auditor.sandbox import Sandbox, World
from auditor.sandbox.model.org import App, Connection
from tests.support.processes.in_process import Run

CONNECTOR = Connection("{unleashUrl}/scim", "TOKEN")
NAMED_BY_AUDIENCE = {"ssoAcsUrl": "https://flags.acme.example/sso", "audience": "urn:unleash"}


def add_app(world: World, label: str, **changes: Any) -> App:
    first = replace(world.okta.apps[world.app_id], connection=None)
    app = replace(first, id=world.ids.okta("0oa"), label=label, **changes)
    world.okta.apps[app.id] = app
    return app


@pytest.fixture
def org():
    """An org with an app that names its Unleash, two apps that do not, and one for mail."""
    with Sandbox(World.clean(people=2)) as sandbox:
        world = sandbox.world
        world.okta.apps[world.app_id].connection = CONNECTOR
        add_app(world, "UNLEASH (EU)", sign_on={})
        add_app(world, "Feature flags", name="flags", sign_on=NAMED_BY_AUDIENCE)
        add_app(world, "Mail", name="mail", sign_on={})
        yield sandbox


@pytest.fixture
def discover(run_here: Run) -> Callable[..., CompletedProcess[str]]:
    def run(sandbox: Sandbox, folder: Path, *words: str) -> CompletedProcess[str]:
        (folder / "token").write_text(sandbox.world.okta_token)
        known = ("--org-url", sandbox.okta_url, "--okta-token-file", "token")
        return run_here(("init", "--discover", *known, *words), folder, os.environ)

    return run


def app_ids(folder: Path) -> list[str]:
    settings = load_settings(folder / "auditor.toml", {})
    return [target.okta.app_id for target in settings.targets]


def enter_addresses(sandbox: Sandbox, folder: Path) -> None:
    for file in (folder / "targets").iterdir():
        text = file.read_text().replace(
            '# Okta does not show the address: url = "https://unleash.acme.example"',
            f'url = "{sandbox.unleash_url}"',
        )
        file.write_text(text)


def prefix_of(sandbox: Sandbox) -> str:
    return sandbox.okta_url.removeprefix("http://").replace(":", "-")


def test_each_app_that_may_provision_unleash_gets_a_file(org, tmp_path, discover):
    ended = discover(org, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    prefix = prefix_of(org)
    names = [f"{prefix}-{end}" for end in ("feature-flags", "unleash", "unleash-eu")]
    assert sorted(file.stem for file in (tmp_path / "targets").iterdir()) == names
    assert ended.stdout.splitlines() == [
        "3 apps may provision Unleash.",
        *(f"  targets/{name}.toml is written." for name in names),
        "Next:",
        "  remove the files of apps that do not provision Unleash",
        f"  write the address of Unleash to targets/{names[0]}.toml",
        f"  write the address of Unleash to targets/{names[2]}.toml",
        *(f"  write the token to secrets/{name}-unleash-token" for name in names),
        "  auditor config check",
        "  auditor doctor",
    ]
    assert org.refused == []


def test_the_files_can_be_audited_with(org, tmp_path, discover, run_here):
    discover(org, tmp_path)
    enter_addresses(org, tmp_path)
    for file in (tmp_path / "secrets").glob("*-unleash-token"):
        file.write_text(org.world.unleash_token)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ended = run_here(("run", "--exit-zero", "-q"), tmp_path, os.environ)
    assert f"PASS {prefix_of(org)}-unleash causes=0" in ended.stdout, ended
    assert len(ended.stdout.splitlines()) == 3


def test_a_repetition_adds_only_new_apps(org, tmp_path, discover):
    discover(org, tmp_path)
    enter_addresses(org, tmp_path)
    first = {file: file.read_text() for file in (tmp_path / "targets").iterdir()}
    app = add_app(org.world, "Unleash")
    ended = discover(org, tmp_path)
    (new,) = set((tmp_path / "targets").iterdir()) - first.keys()
    assert (new.stem, ended.returncode) == (f"{prefix_of(org)}-unleash-2", 0)
    assert ended.stdout.count("is a target already.") == 3
    assert all(file.read_text() == text for file, text in first.items())
    enter_addresses(org, tmp_path)
    assert app.id in app_ids(tmp_path)


def test_a_second_org_has_its_own_files_and_credential(org, tmp_path, discover):
    discover(org, tmp_path)
    with Sandbox(World.clean(people=2)) as second:
        second.world.okta.apps[second.world.app_id].connection = CONNECTOR
        discover(second, tmp_path)
        enter_addresses(org, tmp_path)
        settings = load_settings(tmp_path / "auditor.toml", {})
        assert {target.okta.org_url: target.okta.token_file for target in settings.targets} == {
            each.okta_url: tmp_path / "secrets" / f"{prefix_of(each)}-okta-token"
            for each in (org, second)
        }
        assert len(settings.targets) == 4


def test_a_configuration_that_does_not_include_the_files_is_not_changed(org, tmp_path, discover):
    own = f'[[target]]\nname = "main"\nokta.org_url = "{org.okta_url}"\n'
    own += f'okta.app_id = "{org.world.app_id}"\n'
    (tmp_path / "auditor.toml").write_text(own)
    ended = discover(org, tmp_path)
    assert f"  Unleash ({org.world.app_id}) is a target already." in ended.stdout
    assert '  add "targets/*.toml" to include in auditor.toml' in ended.stdout
    assert (tmp_path / "auditor.toml").read_text() == own
    assert len(list((tmp_path / "targets").iterdir())) == 2


def test_a_service_app_that_requires_dpop_is_written_so(org, tmp_path, run_here):
    client = org.world.add_oauth_client()
    org.world.requires_dpop = True
    (tmp_path / "key.pem").write_text(client.private_key)
    words = ("--org-url", org.okta_url, "--client-id", client.id, "--okta-key-file", "key.pem")
    ended = run_here(("init", "--discover", *words), tmp_path, os.environ)
    assert (ended.returncode, ended.stderr) == (0, "")
    for file in (tmp_path / "targets").iterdir():
        assert "dpop = true" in file.read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--app", "Unleash"), "--app and --discover cannot be used together (omit one of them)"),
        (
            ("--privacy", "ids"),
            "--privacy and --discover cannot be used together (omit one of them)",
        ),
    ],
)
def test_an_option_without_effect_is_refused(org, tmp_path, words, complaint, discover):
    ended = discover(org, tmp_path, *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"auditor: {complaint}\n"
    assert not (tmp_path / "targets").exists()


def test_an_org_without_such_an_app_leaves_nothing(org, tmp_path, discover):
    mail = next(app for app in org.world.okta.apps.values() if app.label == "Mail")
    org.world.okta.apps.clear()
    org.world.okta.apps[mail.id] = mail
    ended = discover(org, tmp_path)
    assert ended.returncode == 2
    assert "has no app whose label, name or sign-on address contains" in ended.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["token"]


def test_a_refused_credential_leaves_nothing(org, tmp_path, discover):
    (tmp_path / "wrong").write_text("wrong")
    ended = discover(org, tmp_path, "--okta-token-file", "wrong")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("auditor: Okta refuses the credential at http")
    assert not (tmp_path / "targets").exists()
    assert not (tmp_path / "secrets").exists()
