"""The entry point of the command ``auditor``."""

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING, cast

from auditor import __version__
from auditor.cli.standard_streams import discard_output

if TYPE_CHECKING:
    from types import ModuleType

OBJECTS_UNTIL_COLLECTION = 200_000
"""New objects after which Python searches for garbage; its default is 700."""


def main() -> int:
    """Run the command line; return its exit code."""
    if sys.argv[1:] == ["--version"]:
        # click takes longer to import than the interpreter takes to start.
        try:
            print(f"auditor {__version__}", flush=True)
        except OSError:  # the disk is full, or the reader closed the pipe
            discard_output()
            return 2
        return 0
    _collect_garbage_less_often()
    _leave_out_extras_of_libraries()
    from auditor.cli.main import run

    return run(sys.argv[1:])


def _collect_garbage_less_often() -> None:
    """Search for garbage less often, and not at the exit.

    Imports create about 150,000 objects that live until the exit. Python's defaults search them
    300 times during a small audit and again at its end, which was a third of its CPU.
    """
    gc.set_threshold(OBJECTS_UNTIL_COLLECTION)
    atexit.register(gc.freeze)  # the operating system frees the memory of a process that ends


def _leave_out_extras_of_libraries() -> None:
    """Keep libraries from importing what no command uses; it is a twentieth of a small audit's CPU.

    httpx imports its own command line with pygments, unless that import fails: ``None`` is how
    Python lets it fail. pydantic searches all installed packages for plugins. A plugin could also
    read the configuration.
    """
    sys.modules["httpx._main"] = cast("ModuleType", None)
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"


if __name__ == "__main__":
    sys.exit(main())
