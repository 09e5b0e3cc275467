"""The command line of the modules that generate a page of the documentation."""

import argparse
from pathlib import Path


def write_or_check(page: str, arguments: list[str]) -> str | None:
    """Write a generated page to the named file, or with ``--check`` compare the file with it.

    Returns why the file is not up to date, or None. Exits with 2 on a wrong command line.
    """
    parser = argparse.ArgumentParser(description="Write a generated page of the documentation.")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="compare only; write nothing")
    options = parser.parse_args(arguments)
    if not options.check:
        options.file.write_text(page, encoding="utf-8")
    elif not options.file.is_file() or options.file.read_text(encoding="utf-8") != page:
        return f"{options.file}: is not up to date (run `make docs`)"
    return None
