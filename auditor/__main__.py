"""The way in."""

import sys


def main() -> int:
    """Run the command line; return its exit code."""
    from auditor.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
