"""The rules travel with the package: their tests pass against a wheel and an editable install."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from auditor import __version__
from tests.support.peers.wheel import PIP, ROOT, build_wheel


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    """Run a command; return stdout and stderr, and fail if the command fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this tree."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def rule_tests(tmp_path: Path) -> Path:
    """Copy the rules' tests, their support modules and the page that they compare with."""
    for name in ("rules", "support"):
        shutil.copytree(ROOT / "tests" / name, tmp_path / "tests" / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "inferred-facts.md", tmp_path / "docs")
    return tmp_path


def pass_rule_tests(folder: Path, **environ: str) -> None:
    quiet = ("-q", "-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning")
    out = run(sys.executable, "-m", "pytest", "tests/rules", *quiet, cwd=folder, **environ)
    assert " passed" in out


def where(module_attribute: str, cwd: Path, **environ: str) -> str:
    code = f"import auditor; from auditor import resources; print({module_attribute})"
    return run(sys.executable, "-c", code, cwd=cwd, **environ).strip()


def test_the_rules_tests_pass_against_an_installed_wheel(wheel, rule_tests, tmp_path_factory):
    site = tmp_path_factory.mktemp("site")
    run(*PIP, "install", "--no-deps", "--target", site, wheel, cwd=site)
    environ = {"PYTHONPATH": str(site)}
    assert Path(where("resources.shipped('rules')", rule_tests, **environ)).is_relative_to(site)
    pass_rule_tests(rule_tests, **environ)


def test_the_rules_tests_pass_against_an_editable_install(rule_tests, tmp_path_factory):
    site = tmp_path_factory.mktemp("editable")
    install = ("install", "--no-deps", "--no-build-isolation", "--target", site, "--editable", ROOT)
    run(*PIP, *install, cwd=site)
    # a target directory is no site directory: its .pth has to be read by hand
    (pth,) = site.glob("*.pth")
    environ = {"PYTHONPATH": pth.read_text().strip()}
    assert where("resources.shipped('rules')", rule_tests, **environ) == str(ROOT / "rules")
    pass_rule_tests(rule_tests, **environ)


def test_the_wheel_carries_rules_templates_and_migrations(wheel, tmp_path):
    names = run(sys.executable, "-m", "zipfile", "-l", wheel, cwd=tmp_path)
    for part in (
        "auditor/rules/email_not_login.py",
        "auditor/templates/report.html.j2",
        "auditor/store/migrations/env.py",
        "auditor/py.typed",
    ):
        assert part in names


def test_the_sdist_can_be_installed_and_has_the_extras(tmp_path):
    site = tmp_path / "site"
    build = (sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory")
    run(*build, tmp_path / "dist", cwd=ROOT)
    (sdist,) = (tmp_path / "dist").iterdir()
    install = ("install", "--no-deps", "--no-build-isolation", "--target", site, sdist)
    run(*PIP, *install, cwd=tmp_path)
    environ = {"PYTHONPATH": str(site)}
    assert Path(where("resources.shipped('rules')", tmp_path, **environ)).is_relative_to(site)
    (metadata,) = distributions(name="unleash-okta-auditor", path=[str(site)])
    assert metadata.version == __version__
    assert set(metadata.metadata.get_all("Provides-Extra") or ()) == {"s3", "gcs", "azure"}


def test_the_changelog_has_release_notes_of_this_version():
    newest = next(
        line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line[:3] == "## "
    )
    assert newest.startswith(f"## [{__version__}] - ")


def test_the_commands_of_the_readme_install_the_auditor(tmp_path, monkeypatch):
    """Run them in an empty environment; pip needs a package registry."""
    # Half of the CPU of an installation compiles modules that these commands never import. pip
    # takes the variables of options that begin with "no" the other way round.
    monkeypatch.setenv("PIP_NO_COMPILE", "0")
    monkeypatch.setenv("PIP_RETRIES", "10")
    readme = (ROOT / "README.md").read_text()
    (shown,) = re.findall(r"^## Install\n.*?```console\n(.*?)```", readme, re.DOTALL | re.MULTILINE)
    checkout = tmp_path / "checkout"
    run("git", "clone", "--quiet", ROOT, checkout, cwd=tmp_path)
    place = tmp_path / "opt" / "auditor"
    for line in shown.splitlines():
        command = line.removeprefix("$ ").replace("/opt/auditor", str(place))
        run(*command.split(), cwd=checkout)
    assert run(place / "bin" / "auditor", "--version", cwd=tmp_path) == f"auditor {__version__}\n"
    assert "email-not-login" in run(place / "bin" / "auditor", "rules", cwd=tmp_path)
