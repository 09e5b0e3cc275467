"""``auditor completion`` in the shells themselves."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli.main import run

COMPLETIONS = {
    "auditor ru": "run",
    "auditor run --fail": "--fail-on",
    "auditor run -t s": "sandbox",
    "auditor findings --rule email-not": "email-not-login",
    "auditor config sch": "schema",
    "auditor help doc": "doctor",
}
"""A command line, and a word that completes its end."""


def complete(words: str, folder: Path) -> list[str]:
    """Return what the protocol of bash completes at the end of a command line."""
    ended = subprocess.run(
        [sys.executable, "-m", "auditor"],
        env=os.environ
        | {
            "_AUDITOR_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    return [line.partition(",")[2] for line in ended.stdout.splitlines() if line]


@pytest.fixture
def folder(commands):
    """A directory with an auditor.toml and a history with open findings."""
    commands.world.map_attribute("user", "email", "user.email")
    commands("run")
    return commands.folder


def test_targets_rules_and_findings_are_completed(folder, commands):
    for words, wanted in COMPLETIONS.items():
        assert wanted in complete(words, folder), words
    (target,) = commands.json("findings")
    identifier = target["findings"][0]["id"]
    for command in ("findings", "ack", "waive"):
        assert identifier in complete(f"auditor {command} {identifier[:6]}", folder)


def test_without_a_configuration_nothing_is_completed_and_no_error_shown(tmp_path):
    assert complete("auditor run -t s", tmp_path) == []
    assert complete("auditor findings 3", tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_accepts_its_script(shell, tmp_path, capsys):
    assert run(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", str(script)], check=True, capture_output=True)


def test_bash_completes_by_the_script(folder, capsys):
    assert run(["completion", "bash"]) == 0
    script = folder / "script.bash"
    script.write_text(capsys.readouterr().out)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "auditor").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m auditor "$@"\n'
    )
    (bin_folder / "auditor").chmod(0o755)
    ask = (
        f"source {script}; COMP_WORDS=(auditor run -t s); COMP_CWORD=3; "
        '_auditor_completion auditor; echo "${COMPREPLY[@]}"'
    )
    ended = subprocess.run(
        ["bash", "--norc", "-c", ask],
        env=os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["sandbox"]
