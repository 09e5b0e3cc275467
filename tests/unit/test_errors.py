"""Errors that the system causes."""

import pytest

from auditor.errors import exhaustion

EXHAUSTED = {
    "memory": (MemoryError(), "the memory is exhausted (raise the limit of memory)"),
    "threads": (
        RuntimeError("can't start new thread"),
        "the system starts no more threads (raise the limits of processes and of memory)",
    ),
}


@pytest.mark.parametrize(("error", "message"), EXHAUSTED.values(), ids=EXHAUSTED)
def test_an_exhausted_system_is_no_internal_error(error, message):
    assert str(exhaustion(error)) == message


def test_any_other_error_is_not_translated():
    assert exhaustion(RuntimeError("dictionary changed size during iteration")) is None
    assert exhaustion(ValueError("x")) is None
