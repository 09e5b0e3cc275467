"""The fixtures of all tests, and the promise that every test verifies: only GET requests."""

import gc
import os
from collections.abc import Generator, Iterator

import httpx
import pytest
from hypothesis import settings

from auditor.__main__ import OBJECTS_UNTIL_COLLECTION
from auditor.sandbox.server import Sandbox
from tests.faults.summary import (  # noqa: F401  (pytest finds them here)
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.support.session.compiled_statements import shared_statements
from tests.support.session.fixtures import (  # noqa: F401  (pytest finds them here)
    browser,
    page,
    page_without_script,
    postgres,
    postgres_url,
    pytest_collection_modifyitems,
    real_unleash,
    server_of_version,
    slack_emulator,
    unleash_server,
)

# A deadline would be a timed assertion: it fails on a loaded machine.
settings.register_profile("auditor", deadline=None)
settings.load_profile("auditor")

# The auditor refuses rule files that others can write. Tests that need another umask set it.
os.umask(0o022)

SANDBOX_TESTS = "tests/integration/sandbox/"
"""These tests send requests that the sandbox must refuse."""

RECORDINGS_MISSING = "Skipped: no recorded bodies"
"""How the reason of a skip begins when recorded bodies are absent."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are cores: tests wait for disks, processes, time-outs."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish(session: pytest.Session) -> None:
    """Search for garbage less often, as the product does, and not in the collected tests.

    Only in workers of pytest-xdist: `make mutants` searches all objects for functions.
    """
    if hasattr(session.config, "workerinput"):
        gc.freeze()
        gc.set_threshold(OBJECTS_UNTIL_COLLECTION)


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    with shared_statements():
        yield


@pytest.fixture(scope="session", autouse=True)
def only_get_requests() -> Iterator[None]:
    """Verify that the auditor sends only GET requests and the token request, in the whole run.

    Each sandbox records the requests that it receives, also from child processes. Requests of
    this process are recorded for every server, also for a real Unleash.
    """
    started: list[tuple[str, Sandbox]] = []
    enter = Sandbox.__enter__
    sent: list[tuple[str, str]] = []
    send = httpx.HTTPTransport.handle_request

    def record_start(sandbox: Sandbox) -> Sandbox:
        started.append((_current_test(), sandbox))
        return enter(sandbox)

    def record_write(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if _would_write(request):
            sent.append((_current_test(), f"{request.method} {request.url}"))
        return send(transport, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sandbox, "__enter__", record_start)
        patch.setattr(httpx.HTTPTransport, "handle_request", record_write)
        yield
    received = [
        (test, f"{request.method} {request.service} {request.path}")
        for test, sandbox in started
        for request in sandbox.refused
        if not test.startswith(SANDBOX_TESTS)
    ]
    assert not received
    assert not sent


def _current_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "")


def _would_write(request: httpx.Request) -> bool:
    """Return whether the auditor sends anything but GET, the token request and messages."""
    agent = request.headers.get("user-agent", "")
    is_ours = agent.startswith("unleash-okta-auditor/")
    is_allowed = request.method == "GET" or request.url.path.endswith("/oauth2/v1/token")
    is_message = "x-auditor-signature" in request.headers or agent.endswith("(Slack)")
    return is_ours and not is_allowed and not is_message


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In the gate, fail each skipped test, unless it needs recorded bodies.

    The recordings are not part of the repository. The gate installs everything else.
    """
    report = yield
    if report.skipped and "AUDITOR_TEST_NOTHING_MISSING" in os.environ:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if not reason.startswith(RECORDINGS_MISSING):
            report.outcome = "failed"
            report.longrepr = reason
    return report
