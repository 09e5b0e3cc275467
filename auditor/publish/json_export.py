"""The whole report as JSON: the record that the HTML page shows. Pure.

``schema`` rises when a field is taken away or changes its meaning; new ones may appear any time.
"""

from typing import Any

import msgspec
from msgspec import Struct

from auditor import __version__, serialization
from auditor.engine.views.report import Report

SCHEMA = 1


class Export(Struct, frozen=True, kw_only=True):
    """What ``auditor export --format json`` writes."""

    schema: int = SCHEMA
    auditor: str = __version__
    reports: tuple[Report, ...]


def report_json(reports: tuple[Report, ...]) -> str:
    """Write the reports, indented, with sorted keys where order means nothing."""
    return serialization.to_json(Export(reports=reports)) + "\n"


def export_schema() -> dict[str, Any]:
    """Describe the export for a validator."""
    return msgspec.json.schema(Export)
