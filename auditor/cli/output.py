"""What scripts read."""

from auditor.written import as_json


def print_json(value: object) -> None:
    """Print records as JSON, indented."""
    print(as_json(value))
