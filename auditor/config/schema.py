"""The JSON Schema of auditor.toml, for editors that complete and check it. Pure."""

from typing import Any

from msgspec.json import schema

from auditor.config.shape import File

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Any]:
    """Describe the file as the loader reads it: an unknown key is an error everywhere."""
    described = schema(File)
    for definition in described["$defs"].values():
        if "properties" in definition:
            definition["additionalProperties"] = False
    return {"$schema": DIALECT, "title": "auditor.toml", **described}
