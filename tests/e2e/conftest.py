"""A sandbox, and the command line pointed at it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from auditor.cli.main import run
from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.clock import utc_now
from auditor.sandbox import Sandbox, World
from tests.support.processes.in_process import run_here  # noqa: F401  (pytest finds it here)
from tests.support.stores import create_empty_store


class Commands:
    """Runs commands in this process, against its own sandbox and store."""

    def __init__(self, sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.folder = folder
        self.config = folder / "auditor.toml"
        self.config.write_text(sandbox_configuration(sandbox))
        self._capsys = capsys
        self.errors = ""

    def __call__(self, *words: str) -> tuple[int, str]:
        """Return the exit code and stdout; stderr is kept separately."""
        # Each event takes a millisecond of the sandbox's clock, so a few events are ahead of the
        # clock of an audit that starts at once. It would not read the last of them.
        ahead = self.world.now - utc_now()
        if timedelta(0) < ahead < timedelta(seconds=1):
            sleep(ahead.total_seconds())
        code = run([*words, "-c", str(self.config)])
        printed, self.errors = self._capsys.readouterr()
        return code, printed

    def json(self, *words: str) -> Any:
        """Return the JSON output of a command that ends with 0."""
        code, printed = self(*words, "--format", "json")
        assert code == 0, self.errors
        return json.loads(printed)

    def audit(self) -> None:
        create_empty_store(self.folder)
        code, _ = self("run", "--exit-zero")
        assert (code, self.errors) == (0, "")


@pytest.fixture
def commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    with Sandbox(World.clean()) as sandbox:
        monkeypatch.setenv("AUDITOR_LOG_LEVEL", "warning")
        for name, value in environment(sandbox).items():
            monkeypatch.setenv(name, value)
        yield Commands(sandbox, tmp_path, capsys)
        assert sandbox.refused == []
