"""Fixtures for the real peers. A test that uses one is marked, so that a run can exclude it.

Tests that use one version of Unleash stay in one process, which starts that version once. The same
holds for the tests of a module that use a browser.
"""

import pytest

from tests.support.peers.browser import running_browser
from tests.support.peers.postgres_server import running_postgres
from tests.support.peers.slack_emulator import running_slack_emulator
from tests.support.peers.unleash_server import DEFAULT_VERSION, one_unleash
from tests.support.session.exhaustive import exhaustive_reason
from tests.support.session.order import rank
from tests.support.session.process_groups import name_group

MARKED = {"postgres", "browser"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        for name in sorted(MARKED & set(item.fixturenames)):
            item.add_marker(name)
        if "unleash_server" in item.fixturenames:
            parameters = item.callspec.params if hasattr(item, "callspec") else {}
            version = parameters.get("unleash_server", DEFAULT_VERSION)
            item.add_marker("real_unleash")
            item.add_marker(pytest.mark.xdist_group(f"unleash {version}"))
        if "browser" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(f"browser in {item.path.name}"))
        path = item.path.relative_to(item.config.rootpath).as_posix()
        marks = {mark.name for mark in item.iter_markers()}
        if reason := exhaustive_reason(path, item.fixturenames, marks):
            item.add_marker(pytest.mark.exhaustive(reason))
        if config.getoption("loadgroup", default=False):
            name_group(item)
    items.sort(key=lambda item: rank(item.path.relative_to(config.rootpath).as_posix()))


@pytest.fixture(scope="session")
def postgres():
    with running_postgres() as postgres:
        yield postgres


@pytest.fixture
def postgres_url(postgres):
    """The SQLAlchemy URL of a new, empty database."""
    return postgres.create_database()


@pytest.fixture(scope="session")
def server_of_version(postgres):
    with one_unleash(postgres) as server_of:
        yield server_of


@pytest.fixture(scope="session")
def unleash_server(request, server_of_version):
    """Start a server; `parametrize("unleash_server", VERSIONS, indirect=True)` sets its version."""
    return server_of_version(getattr(request, "param", DEFAULT_VERSION))


@pytest.fixture
def real_unleash(unleash_server):
    """Return the server with its first data."""
    unleash_server.reset()
    return unleash_server


@pytest.fixture
def slack_emulator():
    with running_slack_emulator() as slack:
        yield slack


@pytest.fixture(scope="module")
def browser():
    """Start a browser for one module: while Playwright runs, this thread rejects `asyncio.run`."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser):
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture
def page_without_script(browser):
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()
