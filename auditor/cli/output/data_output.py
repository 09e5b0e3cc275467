"""Output for other programs on stdout: JSON and CSV. It needs no library that draws tables."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence

from auditor.serialization import to_json
from auditor.text import sanitize


def print_json(value: object) -> None:
    """Print records as indented JSON."""
    print(to_json(value))


def print_json_schema(schema: object) -> None:
    """Print a JSON Schema."""
    print(json.dumps(schema, indent=2))


def print_csv(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a header and the rows to stdout as CSV (RFC 4180), in full length.

    A cell that a spreadsheet would evaluate as a formula is changed so that it is text.
    """
    from auditor.publish.csv_export import csv_cell

    writer = csv.writer(sys.stdout)
    writer.writerow(titles)
    for row in rows:
        writer.writerow([csv_cell(sanitize(cell)) for cell in row])
