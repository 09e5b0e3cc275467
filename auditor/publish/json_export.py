"""The report as JSON: the record that the HTML page shows. Pure.

``schema`` rises when a field is removed or changes its meaning; new fields may appear.
"""

from typing import Any

import msgspec
from msgspec import Struct

from auditor import __version__, serialization
from auditor.engine.views.target_report.report import Report

REPORT_SCHEMA_VERSION = 1


class Export(Struct, frozen=True, kw_only=True):
    """The document that ``auditor export --format json`` writes."""

    schema: int = REPORT_SCHEMA_VERSION
    auditor: str = __version__
    reports: tuple[Report, ...]


def report_json(reports: tuple[Report, ...]) -> str:
    """Return the reports as indented JSON."""
    return serialization.to_json(Export(reports=reports)) + "\n"


def export_schema() -> dict[str, Any]:
    """Return the JSON Schema of the export."""
    return msgspec.json.schema(Export)
