"""Terraform blocks with the expected state of a mapping, which a person can use. Pure."""

import re
from collections.abc import Iterable, Mapping

from auditor.domain.okta import MappedAttribute


def profile_mapping(
    *,
    label: str,
    source_id: str,
    target_id: str,
    properties: Mapping[str, MappedAttribute],
    removed: Iterable[str] = (),
) -> str:
    """Return an ``okta_profile_mapping`` that holds exactly ``properties``.

    ``delete_when_absent`` removes all attributes that the block does not contain. A comment lists
    ``removed``, those of them that are mapped today. The push status is always written, because the
    default of the provider is create-only.
    """
    names = ", ".join(map(_quoted, removed))
    comment = f"# Removes what is mapped today and not allowed: {names}.\n" if names else ""
    blocks = "".join(
        "\n  mappings {\n"
        f"    id          = {_quoted(name)}\n"
        f"    expression  = {_quoted(each.expression or '')}\n"
        f"    push_status = {_quoted(each.push_status or 'PUSH')}\n"
        "  }\n"
        for name, each in properties.items()
    )
    return (
        f'{comment}resource "okta_profile_mapping" "{_identifier(label)}" {{\n'
        f"  source_id          = {_quoted(source_id)}\n"
        f"  target_id          = {_quoted(target_id)}\n"
        "  delete_when_absent = true\n"
        f"{blocks}}}\n"
    )


def _identifier(label: str) -> str:
    return re.sub(r"[\W_]+", "_", f"{label}_to_unleash".lower(), flags=re.ASCII).strip("_")


def _quoted(text: str) -> str:
    """Write a string literal of HCL, in which nothing is interpolated."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
