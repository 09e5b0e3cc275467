"""The JSON Schema of auditor.toml, and docs/configuration.md: both come from the models.

Run as ``python -m auditor.config.reference [--check] FILE`` to write or check the document.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from auditor.config.settings import Settings
from auditor.config.values import Table, is_list, table_in
from auditor.generated_page import write_or_check

JSON_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

REFERENCE_INTRODUCTION = """\
# Configuration reference

This file is generated from the models in `auditor/config` by `make docs`. Do not edit it.

The auditor reads one TOML file: the file that `--config` or `AUDITOR_CONFIG` names, else
`auditor.toml` in the working directory. `auditor init` creates a first one. `auditor config check`
reports every error in it in one run. `auditor config schema` prints a JSON Schema for editors.

- **Secrets** are never in the file. A key that ends in `_env` names an environment variable. A key
  that ends in `_file` names a file, such as a mounted Kubernetes secret. Set one of the two. Both
  are read when they are used, so a secret can be rotated while `auditor serve` runs.
- **Relative paths** start at the folder of `auditor.toml`.
- **Durations** are text such as `"7d"`, `"12 hours"` or `"400 days"`: a number, and minutes,
  hours, days or weeks.
- **Inheritance**: every target inherits the keys of `[defaults.okta]`, `[defaults.unleash]` and
  `[schedule]` that it does not set itself. A target that sets one way to sign in inherits no other.
  The settings of a rule come from `[rules.ID]`, then `[defaults.rules.ID]`, then
  `[target.rules.ID]`. The last one counts, key by key.
- **Included files** contain only `target`, `waiver` and `attestation` tables. A file that is
  included twice, and a file that includes itself, is an error.
- **Okta credentials**: when `[target.okta]` names none and the file names one org only, the
  variables of Okta's SDK (`OKTA_CLIENT_ORGURL`, `OKTA_CLIENT_TOKEN`, `OKTA_CLIENT_CLIENTID`,
  `OKTA_CLIENT_PRIVATEKEY`, `OKTA_CLIENT_SCOPES`, `OKTA_CLIENT_DPOPENABLED`) are used, if
  `OKTA_CLIENT_ORGURL` is that org. `okta.yaml` is never read.
"""


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors that complete and check it."""
    return {"$schema": JSON_SCHEMA_DIALECT, **Settings.model_json_schema(), "title": "auditor.toml"}


def reference() -> str:
    """Return the reference of all tables and keys as Markdown."""
    return "\n".join((REFERENCE_INTRODUCTION, *_section(Settings, "", many=False)))


def _section(model: type[Table], name: str, *, many: bool) -> Iterator[str]:
    header = f"[[{name}]]" if many else f"[{name}]"
    yield f"## `{header}`" if name else "## The top level"
    yield ""
    yield (model.__doc__ or "").strip().partition("\n\n")[0].replace("\n    ", " ")
    yield ""
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    schemas = model.model_json_schema()["properties"]
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    tables = {key: field for key, field in fields.items() if table_in(field.annotation)}
    for key, field in fields.items():
        if key not in tables:
            cells = (f"`{key}`", _words(schemas[key]), _default(field), _meaning(field))
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""
    for key, field in tables.items():
        if table := table_in(field.annotation):
            below = f"{name}.{key}" if name else key
            yield from _section(table, below, many=is_list(field.annotation))


def _words(schema: dict[str, Any]) -> str:
    choices = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return " or ".join(map(_one, choices))


def _one(schema: dict[str, Any]) -> str:  # noqa: PLR0911  (one case for each type)
    match schema.get("type"):
        case _ if "enum" in schema:
            return ", ".join(f"`{word}`" for word in schema["enum"])
        case "array":
            return f"list of {_words(schema['items'])}"
        case "integer":
            least, most = schema.get("minimum"), schema.get("maximum")
            return f"number, {least} to {most}" if most else f"number, {least} or more"
        case "boolean":
            return "true or false"
        case "object":
            return "table"
        case "string" if schema.get("format") == "date":
            return "date"
        case _:
            return "text"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined or field.is_required():
        return "required"
    return "" if field.default in (None, [], {}) else f"`{json.dumps(field.default)}`"


def _meaning(field: FieldInfo) -> str:
    example = f" For example: `{json.dumps(field.examples[0])}`." if field.examples else ""
    return f"{field.description}{example}"


def main(arguments: list[str]) -> str | None:
    """Write the document, or with ``--check`` return why the file is not up to date."""
    return write_or_check(reference(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
