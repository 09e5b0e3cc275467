"""A served sandbox whose clock stands still."""

from collections.abc import Iterator

import pytest

from auditor.sandbox import Sandbox, World
from tests.support.collecting import AT


@pytest.fixture
def world() -> World:
    return World.clean(at=AT)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    """Return a sandbox for a whole module, whose state does not change."""
    with Sandbox(World.clean(at=AT)) as running:
        yield running


@pytest.fixture
def without_faults(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """Return the module's sandbox without the faults of the last test."""
    shared_sandbox.faults.clear()
    shared_sandbox.requests.clear()
    yield shared_sandbox
    shared_sandbox.faults.clear()
