"""One sandbox with violations for each process."""

from collections.abc import Iterator

import pytest

from auditor.sandbox import Sandbox
from tests.faults.broken import break_all
from tests.faults.reference import Reference


@pytest.fixture(scope="session")
def _lasting() -> Iterator[Reference]:
    with Sandbox(break_all()) as sandbox:
        yield Reference(sandbox)


@pytest.fixture
def reference(_lasting: Reference) -> Iterator[Reference]:
    """Return the reference results of a sandbox that no longer changes."""
    yield _lasting
    _lasting.faults.clear()
