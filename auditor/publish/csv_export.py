"""All findings as a table, for a spreadsheet that runs none of what is in it. Pure."""

import csv
import re
from collections.abc import Iterable
from datetime import timedelta
from io import StringIO

from auditor.engine.views.report import Report
from auditor.engine.views.report_findings import ReportedFinding

COLUMNS = (
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
    "seen",
    "wanted",
    "changed_by",
    "remedy",
    "link",
    "waived_by",
    "resolved_at",
    "resolution",
    "hours_to_resolve",
)

HOUR = timedelta(hours=1)

_FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet takes for one, full-width signs included."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def report_csv(reports: Iterable[Report]) -> str:
    """Write one row for each finding, worst first, under :data:`COLUMNS`."""
    text = StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    for report in reports:
        for finding in report.findings:
            row = _row(report.target.name, finding)
            table.writerow({name: _harmless(str(value)) for name, value in row.items()})
    return text.getvalue()


def _row(target: str, finding: ReportedFinding) -> dict[str, object]:
    change, remediation, waiver = finding.change, finding.remediation, finding.waiver
    own = {name: getattr(finding, name) for name in COLUMNS if hasattr(finding, name)}
    return {name: "" if value is None else value for name, value in own.items()} | {
        "target": target,
        "affected": "; ".join(person.name for person in finding.affected),
        "seen": "; ".join(f"{piece.title}: {piece.observed}" for piece in finding.evidence),
        "wanted": "; ".join(piece.expected for piece in finding.evidence),
        "changed_by": "; ".join(who.name for who in change.actors) if change else "",
        "remedy": " ".join(remediation.steps) if remediation else "",
        "link": (remediation.link or "") if remediation else "",
        "waived_by": waiver.owner if waiver else "",
        "hours_to_resolve": round(finding.took / HOUR, 1) if finding.took is not None else "",
    }


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula, and drop control characters."""
    cell = _CONTROL.sub("", cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell
