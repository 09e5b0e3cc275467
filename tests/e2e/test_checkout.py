"""A checkout works in a folder with spaces in its name, and after a clone under umask 002."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.builders.config_files import MINIMAL

ROOT = Path(__file__).parents[2]
FOLDERS = ("auditor", "rules", "templates")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the program into a folder with spaces that its group can write."""
    folder = tmp_path / "a folder with spaces"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name)  # with compiled modules, as after a first run
    shutil.copy(ROOT / "Makefile", folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o020)
    return folder


def run_auditor(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "auditor", *words],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def make_demo(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run ``make demo`` with the virtual environment of the tests, which is not set up again."""
    (checkout / ".venv").symlink_to(sys.prefix)
    return subprocess.run(
        ["make", "--old-file=.venv/run.stamp", "demo"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rules_are_listed_in_a_folder_that_the_group_can_write(checkout):
    ended = run_auditor(checkout, "rules")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "email-not-login" in ended.stdout


def test_the_demo_runs_in_a_folder_with_spaces_that_the_group_can_write(checkout):
    ended = make_demo(checkout)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Email is mapped from" in ended.stdout
    reports = list((checkout / "demo").rglob("*.html"))
    assert reports
    assert all("<html" in report.read_text() for report in reports)


def test_custom_rules_that_the_group_can_write_are_still_refused(checkout):
    own = checkout / "own rules"
    own.mkdir()
    own.chmod(0o775)
    config = checkout / "auditor.toml"
    config.write_text(f'rule_paths = ["{own}"]\n{MINIMAL}')
    ended = run_auditor(checkout, "rules", "-c", str(config))
    assert ended.returncode == 2
    assert "others can write here" in ended.stderr
