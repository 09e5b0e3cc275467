"""One broken world for each process, and a table at the end."""

from collections.abc import Iterator

import pytest

from auditor.sandbox import Sandbox
from tests.faults.broken import break_all
from tests.faults.bystander import Bystander
from tests.faults.tally import PROPERTY, Pair, table


@pytest.fixture(scope="session")
def _lasting() -> Iterator[Bystander]:
    with Sandbox(break_all()) as sandbox:
        yield Bystander(sandbox)


@pytest.fixture
def bystander(_lasting: Bystander) -> Iterator[Bystander]:
    """Who knows the truth about a world that nobody changes any more."""
    yield _lasting
    _lasting.faults.clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what all pairs came to."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        if report.when == "call"
    ]
    pairs = [
        Pair(**value)
        for report in reports
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if pairs:
        terminalreporter.section("every endpoint under every fault")
        for line in table(pairs):
            terminalreporter.write_line(line)
