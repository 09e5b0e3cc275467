"""The report as JSON: the record that the HTML page shows. Pure.

``schema`` rises when a field is removed or changes its meaning; new fields may appear.
"""

from collections.abc import Iterable, Iterator
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


def report_json(reports: Iterable[Report]) -> Iterator[str]:
    """Yield the reports as one indented JSON document, in pieces: one for each finding.

    A report is requested when the one before it was yielded completely.
    """
    # The beginning of the document, up to the list that follows in pieces.
    yield serialization.to_json(Export(reports=())).removesuffix("[]\n}")
    yield from _array(map(_report, reports), "  ")
    yield "\n}\n"


def export_schema() -> dict[str, Any]:
    """Return the JSON Schema of the export."""
    return msgspec.json.schema(Export)


def _report(report: Report) -> Iterator[str]:
    separator = "{"
    for name in report.__struct_fields__:
        yield f'{separator}\n  "{name}": '
        value = getattr(report, name)
        if isinstance(value, tuple):
            yield from _array(([serialization.to_json(each)] for each in value), "  ")
        else:
            yield serialization.to_json(value).replace("\n", "\n  ")
        separator = ","
    yield "\n}"


def _array(items: Iterable[Iterable[str]], margin: str) -> Iterator[str]:
    """Yield an array, with a further margin in each line. JSON text contains no line break."""
    separator = "["
    for item in items:
        yield f"{separator}\n{margin}  "
        for piece in item:
            yield piece.replace("\n", f"\n{margin}  ")
        separator = ","
    yield "[]" if separator == "[" else f"\n{margin}]"
