"""JSON from outside, and records that several threads decode for the first time."""

import subprocess
import sys

import msgspec
import pytest

from auditor.serialization import from_json, scalar_from_json

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


DEEP = 50_000


@pytest.mark.parametrize("body", ["[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP])
@pytest.mark.parametrize("kind", [object, dict[str, object], list[object]])
def test_deeply_nested_json_is_an_error_of_decoding(body, kind):
    with pytest.raises(msgspec.DecodeError):
        from_json(body, kind)


def test_bytes_that_are_not_utf_8_are_an_error_of_decoding():
    with pytest.raises(msgspec.DecodeError):
        from_json(b'"\xff"', str)


@pytest.mark.parametrize(
    ("text", "value"),
    [('"a"', "a"), ("1", 1), ("true", True), ("null", None), ('["a"]', '["a"]'), ("{}", "{}")],
)
def test_only_the_scalars_of_canonical_json_are_decoded(text, value):
    assert scalar_from_json(text) == value


def test_a_deeply_nested_value_of_a_setting_stays_json():
    deep = "[" * DEEP + "]" * DEEP
    assert scalar_from_json(deep) == deep
