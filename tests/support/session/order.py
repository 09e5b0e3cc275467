"""The order in which a run starts the tests. Pure.

A process that starts a long test last lets the other processes wait for it.
"""

LONGEST_FIRST = (
    "tests/integration/serve/test_week.py",
    "tests/e2e/unleash/",
    "tests/integration/sandbox/unleash/test_unleash_live.py",
    "tests/integration/pipeline/test_shards.py",
    "tests/integration/pipeline/test_fleet.py",
    "tests/e2e/test_packaging.py",
    "tests/integration/serve/test_soak.py",
    "tests/e2e/test_parallel_commands.py",
    "tests/e2e/test_watch_killed.py",
    "tests/e2e/test_killed.py",
    "tests/integration/sandbox/test_plan_prediction.py",
    "tests/integration/deploy/",
)
"""Test files, or the starts of their paths, whose tests take seconds or minutes each."""

SHORT_LAST = ("tests/faults/test_matrix.py",)
"""Many tests of about the same, short duration: all processes end at about the same time."""


def rank(path: str) -> int:
    """Return the place of a test file among the others, whose order does not change."""
    for number, start in enumerate(LONGEST_FIRST):
        if path.startswith(start):
            return number
    is_last = path.startswith(SHORT_LAST)
    return len(LONGEST_FIRST) + is_last
