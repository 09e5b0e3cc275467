"""What every test may ask for, and the promise that is kept in all of them."""

import os
from collections.abc import Generator, Iterator

import httpx
import pytest
from hypothesis import settings

from auditor.sandbox.server import Sandbox
from tests.faults.summary import (  # noqa: F401  (pytest finds them here)
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.support.fixtures import (  # noqa: F401  (pytest finds them here)
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

# A deadline would be a timed assertion: it fails on a loaded machine.
settings.register_profile("auditor", deadline=None)
settings.load_profile("auditor")

OF_THE_SANDBOX = "tests/integration/sandbox/"
"""Its own tests send what it has to refuse."""


@pytest.fixture(scope="session", autouse=True)
def nothing_but_get() -> Iterator[None]:
    """See that nobody in the whole run is sent anything but GET and the token request.

    Every sandbox tells what came, from this process or from a child; and what this process sends
    as the auditor is seen whoever it is for, a real Unleash as well.
    """
    begun: list[tuple[str, Sandbox]] = []
    begin = Sandbox.__enter__
    sent: list[tuple[str, str]] = []
    send = httpx.HTTPTransport.handle_request

    def remember(sandbox: Sandbox) -> Sandbox:
        begun.append((_current_test(), sandbox))
        return begin(sandbox)

    def watch(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if _would_write(request):
            sent.append((_current_test(), f"{request.method} {request.url}"))
        return send(transport, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sandbox, "__enter__", remember)
        patch.setattr(httpx.HTTPTransport, "handle_request", watch)
        yield
    came = [
        (test, f"{one.method} {one.service} {one.path}")
        for test, sandbox in begun
        for one in sandbox.refused
        if not test.startswith(OF_THE_SANDBOX)
    ]
    assert not came
    assert not sent


def _current_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "")


def _would_write(request: httpx.Request) -> bool:
    """Tell whether the auditor sends what is no look, nor the token request, nor a webhook."""
    is_ours = request.headers.get("user-agent", "").startswith("unleash-okta-auditor/")
    is_allowed = request.method == "GET" or request.url.path.endswith("/oauth2/v1/token")
    return is_ours and not is_allowed and "x-auditor-signature" not in request.headers


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
