"""`auditor serve` as a process: signals, a used port, an unavailable store."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from auditor.sandbox.faults.wire import held
from auditor.store import open_store
from tests.support.peers.postgres_server import running_postgres
from tests.support.peers.processes import PATIENCE, free_port
from tests.support.processes.service_process import Installation, eventually


class Process:
    """A running `auditor serve`."""

    def __init__(
        self, installation: Installation, log: Path, popen: "subprocess.Popen[bytes]"
    ) -> None:
        self._installation = installation
        self._log = log
        self._popen = popen

    def send(self, number: signal.Signals) -> None:
        os.kill(self._popen.pid, number)

    def refuses_to_reload(self) -> str:
        """Send SIGHUP; return why it keeps its present configuration."""

        def refusals() -> list[str]:
            return [line["error"] for line in self.log_lines if line["event"] == "reload_failed"]

        before = len(refusals())
        self.send(signal.SIGHUP)
        eventually(lambda: len(refusals()) > before)
        return refusals()[-1]

    def ends(self) -> int:
        return self._popen.wait(PATIENCE)

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """Return each complete line of its log."""
        return [
            json.loads(line)
            for line in self._log.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]

    def has_logged(self, event: str, **more: object) -> bool:
        return any({"event": event, **more}.items() <= line.items() for line in self.log_lines)


@contextmanager
def serving(installation: Installation) -> Iterator[Process]:
    """Run it until the end of the block; kill it if it still runs."""
    log = installation.path.with_name("serve.log")
    command = [sys.executable, "-m", "auditor", "serve", "-c", str(installation.path)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=installation.environ, stderr=output) as popen,
    ):
        try:
            yield Process(installation, log, popen)
        finally:
            popen.kill()


def test_sighup_applies_only_a_valid_configuration(installation):
    with serving(installation) as process:
        eventually(installation.is_ready)
        valid = installation.path.read_text()
        for broken in ("[[target]]\nname = 1", "not toml", valid.replace("SANDBOX_OKTA", "NO")):
            installation.path.write_text(broken)
            assert str(installation.path) in process.refuses_to_reload()
            assert installation.is_ready()
        installation.path.write_text(valid)
        installation.add_target("second")
        process.send(signal.SIGHUP)
        eventually(lambda: process.has_logged("reloaded", targets=2))
        eventually(lambda: process.has_logged("audited", target="second"))
        process.send(signal.SIGTERM)
        assert process.ends() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_an_audit_waits_for_its_end(installation, number):
    installation.write('[schedule]\naudit = "0 0 29 2 *"\n')  # except the first one, at once
    may_end = Event()
    installation.sandbox.faults.add("okta", "/api/v1/mappings", held(may_end))
    with serving(installation) as process:
        eventually(lambda: any("mappings" in each.path for each in installation.sandbox.requests))
        process.send(number)
        eventually(lambda: process.has_logged("stopping"))
        may_end.set()
        assert process.ends() == 0
    (audited,) = [line for line in process.log_lines if line["event"] == "audited"]
    assert audited["target"] == "sandbox"
    assert audited["run"]
    assert len(installation.audits()) == 1


def test_a_port_in_use_is_one_line_and_exit_2(installation):
    with serving(installation) as process:
        eventually(lambda: installation.ask("/healthz").is_success)
        command = [sys.executable, "-m", "auditor", "serve", "-c", str(installation.path)]
        other = subprocess.run(
            command,
            env=installation.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert other.returncode == 2
        (line,) = other.stderr.splitlines()
        assert json.loads(line)["event"] == (
            f"serve: cannot listen on {installation.operations}: Address already in use"
            " (use another address)"
        )
        process.send(signal.SIGTERM)
        assert process.ends() == 0


@pytest.mark.postgres
def test_it_waits_for_a_stopped_postgresql_and_survives_a_later_stop(installation):
    port = free_port()
    installation.write(f'[store]\nurl = "postgresql://postgres@127.0.0.1:{port}/test_1"\n')
    with serving(installation) as process:
        eventually(lambda: installation.ask("/healthz").is_success)
        assert installation.ask("/readyz").status_code == 503
        eventually(lambda: process.has_logged("waiting_for_store", seconds=1.0))
        eventually(lambda: process.has_logged("waiting_for_store", seconds=2.0))
        with running_postgres(port) as postgres:
            url = postgres.create_database()
            eventually(lambda: "has no tables" in process.log_lines[-1].get("error", ""))
            with open_store(url, migrate=True):
                pass
            eventually(installation.is_ready)
            eventually(lambda: process.has_logged("audited"))
        answer = installation.ask("/readyz")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["the store cannot be read"])
        assert installation.ask("/healthz").is_success
        process.send(signal.SIGTERM)
        assert process.ends() == 0
