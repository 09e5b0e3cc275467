"""Runs a command in this process, as if it were started anew in a folder and an environment.

A new process takes a second of CPU until its command begins. A test whose subject is the process,
a terminal or a standard stream starts one.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from auditor.cli.main import run

Run = Callable[[tuple[str, ...], Path, Mapping[str, str]], CompletedProcess[str]]
"""Words, folder and environment of a command to its end."""


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs ``auditor WORDS`` without a terminal, and captures its output."""

    def run_command(
        words: tuple[str, ...], folder: Path, environ: Mapping[str, str]
    ) -> CompletedProcess[str]:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch, Path(os.devnull).open() as nothing:
            patch.chdir(folder)
            for name in os.environ.keys() - environ.keys():
                patch.delenv(name)
            for name, value in environ.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", nothing)
            code = run(words)
        printed, errors = capsys.readouterr()
        return CompletedProcess(words, code, printed, errors)

    return run_command
