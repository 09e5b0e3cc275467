"""The entry point of the command ``auditor``."""

import atexit
import gc
import sys

from auditor import __version__
from auditor.cli.standard_streams import discard_output

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
    from auditor.cli.main import run

    return run(sys.argv[1:])


def _collect_garbage_less_often() -> None:
    """Search for garbage less often, and not at the exit.

    Imports create about 150,000 objects that live until the exit. Python's defaults search them
    300 times during a small audit and again at its end, which was a third of its CPU.
    """
    gc.set_threshold(OBJECTS_UNTIL_COLLECTION)
    atexit.register(gc.freeze)  # the operating system frees the memory of a process that ends


if __name__ == "__main__":
    sys.exit(main())
