"""The work of a function as a number, which does not depend on the load of the machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def counted_calls(function: Callable[[], object]) -> int:
    """Call ``function`` and return how often the interpreter called or resumed a function in it.

    Functions of C count too, so that a search inside a loop is work.
    """
    calls = 0

    def count_one(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count_one)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


def counted_instructions(function: Callable[[], object]) -> int:
    """Call ``function`` and return how many instructions of Python it executed.

    It also counts a loop that calls nothing, and takes longer than :func:`counted_calls`.
    """
    instructions = 0

    def count_one(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal instructions
        frame.f_trace_opcodes = True
        instructions += event == "opcode"
        return count_one

    before = sys.gettrace()
    sys.settrace(count_one)
    try:
        function()
    finally:
        sys.settrace(before)
    return instructions
