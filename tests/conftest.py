"""What every test may ask for, and the promise that is kept in all of them."""

import os
from collections.abc import Generator, Iterator

import pytest

from auditor.sandbox.server import Sandbox
from tests.real.fixtures import (  # noqa: F401
    browser,
    page,
    page_without_script,
    postgres,
    postgres_url,
    pytest_collection_modifyitems,
    real_unleash,
    slack_emulator,
    unleash_server,
)

OF_THE_SANDBOX = "tests/sandbox/"
"""Its own tests send what it has to refuse."""


@pytest.fixture(scope="session", autouse=True)
def nothing_but_get() -> Iterator[None]:
    """See that nobody in the whole run is sent anything but GET and the token request."""
    begun: list[tuple[str, Sandbox]] = []
    begin = Sandbox.__enter__

    def remember(sandbox: Sandbox) -> Sandbox:
        begun.append((os.environ.get("PYTEST_CURRENT_TEST", ""), sandbox))
        return begin(sandbox)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sandbox, "__enter__", remember)
        yield
    sent = {
        test: [f"{one.method} {one.service} {one.path}" for one in sandbox.refused]
        for test, sandbox in begun
        if sandbox.refused and not test.startswith(OF_THE_SANDBOX)
    }
    assert not sent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be missing, let a test fail that was skipped for want of a part.

    The reason of such a skip begins with ``no``: no browser, no Node, no PostgreSQL.
    """
    report = yield
    if report.skipped and "AUDITOR_TEST_NOTHING_MISSING" in os.environ:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if reason.startswith("Skipped: no "):
            report.outcome = "failed"
            report.longrepr = reason
    return report
