"""A report for machines: JSON, CSV and OCSF."""

from collections.abc import Callable, Mapping

from auditor.deliver.exports.as_csv import as_csv
from auditor.deliver.exports.as_json import as_json
from auditor.deliver.exports.as_ocsf import as_ocsf
from auditor.engine.views.report import Report

FORMATS: Mapping[str, Callable[[tuple[Report, ...]], str]] = {
    "json": as_json,
    "csv": as_csv,
    "ocsf": as_ocsf,
}
