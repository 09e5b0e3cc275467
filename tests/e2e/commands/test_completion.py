"""``auditor completion`` in real shells."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli.main import run
from tests.support.peers.processes import PATIENCE

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
    """Return the completions of bash at the end of a command line."""
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


ASK = {
    "bash": (
        "source {script}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
        '_auditor_completion auditor; printf "%s\\n" "${{COMPREPLY[@]}}"'
    ),
    # A terminal is not needed: fish completes a line that is given to it.
    "fish": 'source {script}; complete --do-complete "{words}"',
    # zsh completes only in a terminal, which its own module simulates. Tab completes the line. Then
    # Ctrl-A moves the cursor to the start of the line, and a command that prints it is inserted.
    "zsh": """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; source {script}; print re''ady'
        zpty -r shell line '*ready*'
        zpty -w -n shell $'{words}\\t'
        zpty -w shell $'\\x01print -r -- "<\\x05>"'
        zpty -r shell line '*<auditor *>*'
        zpty -d shell
        print -r -- "$line"
    """,
}
"""How each shell prints the completion of a line, with its own options and nothing of the user."""

CLEAN = {"bash": ("--norc", "--noprofile"), "fish": ("--no-config",), "zsh": ("-f",)}


@pytest.fixture
def on_path(folder):
    """The environment of a shell that finds ``auditor``."""
    programs = folder / "bin"
    programs.mkdir()
    program = programs / "auditor"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m auditor "$@"\n')
    program.chmod(0o755)
    return os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "TERM": "dumb"}


@pytest.mark.parametrize("shell", ASK)
def test_a_shell_completes_targets_rules_and_findings(shell, folder, on_path, commands, capsys):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    (target,) = commands.json("findings")
    finding = target["findings"][0]["id"]
    assert run(["completion", shell]) == 0
    script = folder / f"script.{shell}"
    script.write_text(capsys.readouterr().out)
    for words, wanted in (
        ("auditor run -t s", "sandbox"),
        ("auditor rules email-not-l", "email-not-login"),
        (f"auditor waive {finding[:10]}", finding),
    ):
        ended = subprocess.run(
            [shell, *CLEAN[shell], "-c", ASK[shell].format(script=script, words=words)],
            env=on_path,
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        assert wanted in ended.stdout.split(), (words, ended.stdout, ended.stderr)
