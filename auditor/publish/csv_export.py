"""All findings as CSV for spreadsheets; no cell is a formula with any separator. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_findings import ReportedFinding
from auditor.text import BEING_COUNTED

CSV_COLUMNS = (
    "target",
    "id",
    "rule",
    "subject",
    "attribute",
    "severity",
    "condition",
    "since",
    "since_is_dated",
    "first_seen_at",
    "last_seen_at",
    "due_at",
    "overdue",
    "owner",
    "affected_count",
    "affected",
    "message",
    "observed",
    "expected",
    "changed_by",
    "remediation",
    "link",
    "waived_by",
    "resolved_at",
    "resolution",
    "hours_to_resolve",
)

HOUR = timedelta(hours=1)

_FORMULA = re.compile(r"(^|[,;\t\r\n\"'])(\s*+)([=+\-@\uff1d\uff0b\uff0d\uff20])?")
"""The beginning of a formula, full-width signs included, in a cell or after a separator.

The sign is optional, so that a run of blanks is read once, with or without a formula after it.

A program that splits at ``;`` or Tab, and not at the comma, sees other cells than we wrote.
"""

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters, which a terminal executes, and marks that change the order of the text."""


def report_csv(reports: Iterable[Report]) -> Iterator[str]:
    """Yield one row for each finding, the most severe first, with :data:`CSV_COLUMNS`."""
    text = StringIO()
    table = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\r\n")
    table.writeheader()
    yield taken(text)
    for report in reports:
        for finding in report.findings:
            row = _row(report.target.name, finding)
            table.writerow({name: csv_cell(value) for name, value in row.items()})
            yield taken(text)


def taken(buffer: StringIO) -> str:
    """Return the text of a buffer, and empty it."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _row(target: str, finding: ReportedFinding) -> dict[str, object]:
    change, remediation, waiver = finding.change, finding.remediation, finding.waiver
    own = {name: getattr(finding, name) for name in CSV_COLUMNS if hasattr(finding, name)}
    return {name: "" if value is None else value for name, value in own.items()} | {
        "target": target,
        "affected_count": BEING_COUNTED if finding.is_counting else finding.affected_count,
        "affected": "; ".join(person.name for person in finding.affected),
        "observed": "; ".join(f"{piece.title}: {piece.observed}" for piece in finding.evidence),
        "expected": "; ".join(piece.expected for piece in finding.evidence),
        "changed_by": "; ".join(who.name for who in change.actors) if change else "",
        "remediation": " ".join(remediation.steps) if remediation else "",
        "link": (remediation.link or "") if remediation else "",
        "waived_by": waiver.owner if waiver else "",
        "hours_to_resolve": round(finding.took / HOUR, 1) if finding.took is not None else "",
    }


def csv_cell(value: object) -> str:
    """Return a cell: times in a form that spreadsheets read, text without formulas."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    # A number is no formula, and a negative one must stay a number.
    if isinstance(value, bool | int | float):
        return str(value)
    text = _CONTROL.sub("", str(value))
    return _FORMULA.sub(_neutralized, text)


def _neutralized(found: re.Match[str]) -> str:
    """Put an apostrophe before a formula; at the start of a cell it is the first character."""
    separator, space, sign = found.groups()
    if not sign:
        return found[0]
    return f"{separator}{space}'{sign}" if separator else f"'{space}{sign}"
