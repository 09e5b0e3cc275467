"""The sandbox's Okta and a real Unleash, and an auditor that is pointed at both."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.cli.main import run
from auditor.sandbox import Sandbox, World
from tests.support.peers.unleash_provisioning import Audited
from tests.support.peers.unleash_server import RealUnleash

Audit = Callable[..., Audited]


@pytest.fixture
def world() -> World:
    return World.clean(people=6)


@pytest.fixture
def config(world: World, real_unleash: RealUnleash, tmp_path, monkeypatch) -> Iterator[Path]:
    """Configure an audit of the sandbox's Okta and the real Unleash, as its initial admin."""
    with Sandbox(world) as sandbox:
        config = tmp_path / "auditor.toml"
        config.write_text(
            f"""
            [[target]]
            name = "real"
            grace_minutes = 0
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
        assert sandbox.refused == []


@pytest.fixture
def audit(config: Path, tmp_path, monkeypatch, capsys) -> Audit:
    """Audit, with the token if one is given."""
    snapshot = tmp_path / "snapshot.json"

    def audited(token: str | None = None) -> Audited:
        if token is not None:
            monkeypatch.setenv("UNLEASH_TOKEN", token)
        command = ["run", "--config", str(config), "--format", "json"]
        run([*command, "--save-snapshot", str(snapshot)])
        return Audited.read(capsys.readouterr().out, snapshot.read_text())

    return audited
