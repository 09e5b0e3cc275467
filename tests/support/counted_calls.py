"""The work of a function as a number of calls, which does not depend on the load of the machine."""

import sys
from collections.abc import Callable


def counted_calls(function: Callable[[], object]) -> int:
    """Call ``function`` and return how often the interpreter called or resumed a function in it.

    Functions of C count too, so that a search inside a loop is work. Garbage collections are not
    counted.
    """
    calls = 0

    def count_one(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count_one)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls
