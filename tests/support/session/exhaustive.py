"""The tests that only `make test-all` runs, each with the reason. Pure.

`make test` covers every behaviour once. The tests named here repeat a behaviour under many
faults, at many instants or on another backend, or need a program that is not part of Python.
"""

from collections.abc import Collection

BY_PATH = {
    "tests/e2e/test_killed.py": "kills a process at many instants",
    "tests/e2e/test_packaging.py": "builds a wheel and installs it twice",
    "tests/e2e/test_parallel_commands.py": "starts thirty processes for each database",
    "tests/e2e/test_watch_killed.py": "kills a process before each write",
    "tests/faults/": "repeats an audit for each endpoint under each fault",
    "tests/integration/deploy/": "builds images, wheels and overlays; needs bubblewrap and kubectl",
    "tests/integration/notify/test_deaths.py": "kills a process before each request",
    "tests/integration/peers/": "starts the real peers of other exhaustive tests",
    "tests/integration/pipeline/test_fleet.py": "audits two hundred targets",
    "tests/integration/pipeline/test_shards.py": "runs and kills many shards on PostgreSQL",
    "tests/integration/serve/test_soak.py": "repeats an audit 160 times",
    "tests/integration/serve/test_week.py": "waits between about 60 instants of a week, twice",
    "tests/integration/store/backends/test_deaths.py": "kills a process before each statement",
}
"""A test file, or the start of its path, to the reason."""

BY_FIXTURE = {
    "browser": "needs Chromium",
    "postgres": "needs PostgreSQL; the same test runs on SQLite in `make test`",
    "slack_emulator": "needs Node and a package of its registry",
    "unleash_server": "needs Node and a real Unleash of its registry",
}
"""A fixture to the reason that its tests are exhaustive."""


def exhaustive_reason(
    path: str, fixtures: Collection[str], marks: Collection[str] = ()
) -> str | None:
    """Return why `make test` leaves out a test; ``None`` when it runs it.

    ``path`` is relative to the repository. A mark with the name of a fixture counts as its use.
    """
    for start, reason in BY_PATH.items():
        if path.startswith(start):
            return reason
    for name, reason in BY_FIXTURE.items():
        if name in fixtures or name in marks:
            return reason
    return None
