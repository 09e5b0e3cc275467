"""A limit of the system that a command reaches: a clear message, and nothing half written."""

import resource
import subprocess
import sys

import pytest

from auditor.cli.output.exit_code import ExitCode
from auditor.collect.address_space import MIN_ADDRESS_SPACE_BYTES
from tests.support.drift import break_email

MIB = 2**20


@pytest.fixture
def limited(commands):
    """Return a function that runs a command in a process with one limit of the system."""
    break_email(commands.world)

    def execute(kind: int, limit: int, *words: str) -> tuple[int, str]:
        hard = resource.getrlimit(kind)[1]
        done = subprocess.run(
            [sys.executable, "-m", "auditor", *words, "-c", str(commands.config)],
            cwd=commands.folder,
            capture_output=True,
            check=False,
            text=True,
            preexec_fn=lambda: resource.setrlimit(kind, (limit, hard)),
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    return execute


@pytest.mark.parametrize("command", ["run", "doctor", "verify"])
def test_too_little_address_space_is_reported_before_a_thread_starts(limited, commands, command):
    commands.audit()
    (target,) = commands.json("findings")
    words = [command, target["findings"][0]["id"]] if command == "verify" else [command]
    code, printed = limited(resource.RLIMIT_AS, 1000 * MIB, *words)
    assert code == ExitCode.UNUSABLE
    assert "the limit of virtual memory (ulimit -v) is 1,000 MiB" in printed
    assert "internal error" not in printed


def test_an_audit_runs_with_the_least_address_space_that_it_accepts(limited):
    code, printed = limited(resource.RLIMIT_AS, MIN_ADDRESS_SPACE_BYTES, "run")
    assert code == ExitCode.FINDINGS, printed


def test_doctor_writes_as_much_as_a_report_to_its_destination(limited, commands):
    commands.audit()
    place = commands.folder / "reports"
    with commands.config.open("a") as file:
        file.write(f'\n[report]\ndestination = "{place}"\n')
    code, printed = limited(resource.RLIMIT_FSIZE, 40 * 1024, "doctor")
    assert "File too large" in printed
    assert code == ExitCode.FINDINGS
