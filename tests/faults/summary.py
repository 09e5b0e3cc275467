"""The table at the end of a test run, over all processes. docs/testing.md quotes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.tally import PROPERTY, Pair, quoted, table

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
MATRIX = "tests/faults/test_matrix.py::test_a_"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of the whole matrix if its numbers differ from docs/testing.md."""
    if _is_misquoted(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the results of all pairs."""
    if not (pairs := _pairs(config)):
        return
    terminalreporter.section("every endpoint under every fault")
    for line in table(pairs):
        terminalreporter.write_line(line)
    if _is_misquoted(config):
        terminalreporter.write_line(
            f"docs/testing.md quotes other numbers; the row must be {quoted(pairs)}"
        )


def _is_misquoted(config: pytest.Config) -> bool:
    if not (pairs := _pairs(config)):
        return False
    from tests.faults.pairs import PAIRS

    if len(list(_reports(config))) < PAIRS:  # only a part of the matrix was selected
        return False
    return quoted(pairs) not in PAGE.read_text().splitlines()


def _pairs(config: pytest.Config) -> list[Pair]:
    return [
        Pair(**value)
        for report in _reports(config)
        for name, value in report.user_properties
        if name == PROPERTY and isinstance(value, dict)
    ]


def _reports(config: pytest.Config) -> Iterator[pytest.TestReport]:
    """Yield the result of each test of the matrix, in this process and in others."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for outcome in ("passed", "failed", "skipped"):
        for report in reporter.stats.get(outcome, ()) if reporter else ():
            if report.when == "call" and report.nodeid.startswith(MATRIX):
                yield report
