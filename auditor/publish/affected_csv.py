"""All affected users of one audit as CSV, which the report links to. Pure.

The store keeps the first hundred users of a finding, so only the audit can write this file.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO

from auditor.engine.findings.tracked_findings import FindingTransition, State
from auditor.publish.csv_export import csv_cell, taken

AFFECTED_COLUMNS = (
    *("target", "audited_at", "cause", "finding", "rule", "severity", "waived", "since"),
    *("subject", "user_id", "user", "detail"),
)

_ROWS_PER_CHUNK = 1000


def affected_file(week: str) -> str:
    """Return the file name for an ISO week: ``2026-W48-affected.csv``."""
    return f"{week}-affected.csv"


def affected_csv(
    target: str, at: datetime, transitions: Iterable[FindingTransition]
) -> Iterator[bytes]:
    """Yield the CSV in chunks: one row for each affected user of each open finding.

    Users of a finding that this audit could not evaluate are not listed.
    """
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(AFFECTED_COLUMNS)
    for number, row in enumerate(_rows(target, at, transitions), start=1):
        writer.writerow(map(csv_cell, row))
        if number % _ROWS_PER_CHUNK == 0:
            yield taken(buffer).encode(errors="replace")
    yield taken(buffer).encode(errors="replace")


def _rows(
    target: str, at: datetime, transitions: Iterable[FindingTransition]
) -> Iterator[tuple[object, ...]]:
    for entry in transitions:
        known, finding = entry.after, entry.finding
        if known.state is not State.OPEN or finding is None:
            continue
        since = finding.since or known.first_seen_at
        facts = (known.cause, known.id, known.rule, known.severity, known.waived, since)
        for user in finding.affected:
            yield (target, at, *facts, known.subject, user.id, user.name, user.detail)
