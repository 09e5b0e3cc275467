"""Validates documents by a JSON schema. jsonschema is imported when a test needs it."""

from typing import Any


def schema_errors(document: object, schema: dict[str, Any]) -> list[str]:
    """Return why a document does not match a schema; empty if it does.

    The schema itself is not checked.
    """
    from jsonschema import Draft202012Validator

    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]
