"""The table at the end of a test run, over all processes."""

from collections.abc import Iterator

import pytest

from tests.faults.tally import PROPERTY, Pair, table

MATRIX = "tests/faults/test_matrix.py::test_a_"


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what all pairs came to."""
    if not (pairs := _pairs(config)):
        return
    terminalreporter.section("every endpoint under every fault")
    for line in table(pairs):
        terminalreporter.write_line(line)


def _pairs(config: pytest.Config) -> list[Pair]:
    return [
        Pair(**value)
        for report in _reports(config)
        for name, value in report.user_properties
        if name == PROPERTY and isinstance(value, dict)
    ]


def _reports(config: pytest.Config) -> Iterator[pytest.TestReport]:
    """Give what each test of the matrix came to, in this process and in others."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for outcome in ("passed", "failed", "skipped"):
        for report in reporter.stats.get(outcome, ()) if reporter else ():
            if report.when == "call" and report.nodeid.startswith(MATRIX):
                yield report
