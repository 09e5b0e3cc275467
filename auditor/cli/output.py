"""What scripts read."""

from auditor.serialization import to_json


def print_json(value: object) -> None:
    """Print records as JSON, indented."""
    print(to_json(value))
