"""The entry point of the command ``auditor``."""

import sys

from auditor import __version__
from auditor.cli.standard_streams import discard_output


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
    from auditor.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
