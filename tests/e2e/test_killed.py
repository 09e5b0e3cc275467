"""An audit that is killed and started again loses nothing and sends nothing twice."""

import json
import os
import random
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.sandbox import Sandbox, World
from tests.support.peers.processes import PATIENCE
from tests.support.processes.warm_process import WarmProcess

KILLS = 6


class Audits:
    """Audits one sandbox in separate processes."""

    def __init__(self, sandbox: Sandbox, folder: Path, store: str) -> None:
        self._sandbox = sandbox
        config = folder / "auditor.toml"
        config.write_text(f'{sandbox_configuration(sandbox)}\n[store]\nurl_env = "STORE_URL"\n')
        self._config = str(config)
        self._folder = folder
        self._environ = {**os.environ, **environment(sandbox), "STORE_URL": store}

    def start(self, *words: str) -> WarmProcess:
        words = (*words, "-c", self._config)
        return WarmProcess(*words, env=self._environ, folder=self._folder)

    def __call__(self, *words: str) -> str:
        process = self.start(*words)
        printed, complaints = process.communicate(PATIENCE)
        assert process.returncode == 0, complaints
        return printed

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--format", "json"))

    def killed_after(self, requests: int, pause: float) -> bool:
        """Start an audit, and kill it after some requests; return whether it was still running."""
        process, before = self.start("run"), len(self._sandbox.requests)
        ends = monotonic() + PATIENCE
        while len(self._sandbox.requests) - before < requests and process.poll() is None:
            assert monotonic() < ends
            sleep(0.001)
        sleep(pause)
        process.kill()
        process.communicate()
        return process.returncode == -signal.SIGKILL


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auditor.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def world() -> World:
    return World.clean()


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.mark.parametrize("seed", [1, 2])
def test_audits_killed_at_random_moments_lose_nothing_and_send_nothing_twice(
    world: World, sandbox: Sandbox, tmp_path: Path, store: str, seed: int
) -> None:
    audits = Audits(sandbox, tmp_path, store)
    audits("db", "upgrade")
    audits("run")
    asked = len(sandbox.requests)
    world.map_attribute("user", "email", "user.email")
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    moments = random.Random(seed)
    killed = [
        audits.killed_after(moments.randint(1, asked), moments.uniform(0, 0.1))
        for _ in range(KILLS)
    ]
    assert any(killed)
    audits("run", "--exit-zero")

    ((known,), (history,)) = (
        audits.json("findings", "--state", "all"),
        audits.json("changes"),
    )
    found = [each["rule"] for each in known["findings"]]
    assert sorted(found) == ["email-not-login", "push-flag-off", "sso-identifier-differs"]
    changed = [each["path"] for each in history["changes"]]
    assert len(changed) == len(set(changed)) == 2
    transcript = sandbox.slack.transcript()
    causes = re.findall(r"Acknowledge: auditor ack ([0-9a-f]{16}) --target sandbox", transcript)
    assert len(causes) == len(set(causes)) == 2
    assert (
        transcript.count("Critical · sandbox · 2 rules") == 1
    )  # one cause with the rules of the mapping and of the sign-on
