"""A world that stands still, served."""

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
def lasting() -> Iterator[Sandbox]:
    """One for a whole module, whose world nobody changes."""
    with Sandbox(World.clean(at=AT)) as running:
        yield running


@pytest.fixture
def unspoilt(lasting: Sandbox) -> Iterator[Sandbox]:
    """The lasting one, without the faults of the last test."""
    lasting.faults.clear()
    lasting.requests.clear()
    yield lasting
    lasting.faults.clear()
