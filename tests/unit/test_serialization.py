"""Records that several threads decode for the first time."""

import subprocess
import sys

import pytest

LEARNED_BY_TWO = """
import threading
from msgspec import Struct
from auditor.serialization import convert, decoder, from_json

begun = threading.Event()

def slowly(kind):
    begun.set()
    threading.Event().wait(0.3)
    return kind

class Inner(Struct):
    value: "slowly(int)"

class Outer(Struct):
    inner: Inner

threading.Thread(target=decoder, args=(Outer,)).start()
begun.wait()
print({call})
"""


@pytest.mark.parametrize(
    "call",
    [
        """from_json(b'{"inner": {"value": 1}}', Outer)""",
        """convert({"inner": {"value": 1}}, Outer)""",
        """from_json(b'[{"inner": {"value": 1}}]', tuple[Outer, ...])[0]""",
    ],
)
def test_what_another_thread_is_learning_is_waited_for(call):
    """The test has its own process: without the lock, it ends with a segmentation fault."""
    code = LEARNED_BY_TWO.replace("{call}", call)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "Outer(inner=Inner(value=1))\n"), done.stderr
