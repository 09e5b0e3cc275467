"""What scripts read."""

import msgspec


def print_json(value: object) -> None:
    """Print records as JSON, indented."""
    print(msgspec.json.format(msgspec.json.encode(value)).decode())
