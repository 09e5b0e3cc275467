"""One broken world for each process."""

from collections.abc import Iterator

import pytest

from auditor.sandbox import Sandbox
from tests.faults.broken import break_all
from tests.faults.bystander import Bystander


@pytest.fixture(scope="session")
def _lasting() -> Iterator[Bystander]:
    with Sandbox(break_all()) as sandbox:
        yield Bystander(sandbox)


@pytest.fixture
def bystander(_lasting: Bystander) -> Iterator[Bystander]:
    """Who knows the truth about a world that nobody changes any more."""
    yield _lasting
    _lasting.faults.clear()
