"""The reports of a target over the weeks: a page and a table each, and an index to them."""

from datetime import datetime

import msgspec
from msgspec import Struct

from auditor.engine.views.report import Report
from auditor.engine.views.report_headline import Tone
from auditor.publish.csv_export import report_csv
from auditor.publish.destinations import Destination, open_destination
from auditor.publish.report_page import render, render_index
from auditor.serialization import from_json

INDEX = "index.html"
LATEST = "latest.html"
_LEDGER = "index.json"


class ArchivedReport(Struct, frozen=True, kw_only=True):
    """One written report, as the index shows it."""

    name: str
    """Its file: ``2026-W48.html``."""

    since: datetime
    until: datetime
    tone: Tone
    verdict: str


def write(report: Report, place: str, *, keep: int | None = None) -> str:
    """Put the report of its week where ``place`` says, in a folder of its target's own.

    A later report of the same week takes its place, so that a link to it stays good. ``keep``: so
    many weeks stay. Return the report's address; raise :class:`~auditor.errors.DeliveryError`.
    """
    folder = open_destination(place, report.target.name)
    issue = ArchivedReport(
        name=file_name(report.until),
        since=report.since,
        until=report.until,
        tone=report.headline.tone,
        verdict=report.headline.verdict,
    )
    address = _write_page(folder, issue.name, report)
    issues = sorted(
        {each.name: each for each in (*_issues(folder), issue)}.values(),
        key=lambda each: each.name,
        reverse=True,
    )
    kept = issues[:keep]
    folder.write(INDEX, render_index(report.target.name, kept).encode())
    folder.write(_LEDGER, msgspec.json.encode(kept))
    for old in issues[len(kept) :]:
        folder.remove(old.name)
        folder.remove(_table_beside(old.name))
    return address


def write_latest(report: Report, place: str) -> str:
    """Keep a page that always tells how things stand: what messages about findings link to."""
    return _write_page(open_destination(place, report.target.name), LATEST, report)


def file_name(until: datetime) -> str:
    """Name the report of a week by the ISO week of its end: names sort as the weeks do."""
    year, week, _ = until.isocalendar()
    return f"{year}-W{week:02}.html"


def _write_page(folder: Destination, name: str, report: Report) -> str:
    """Write a page, and the table with every finding of which it may only count some."""
    table = _table_beside(name)
    folder.write(table, report_csv((report,)).encode(errors="replace"))
    return folder.write(name, render(report, table=table).encode())


def _table_beside(page: str) -> str:
    return page.removesuffix("html") + "csv"


def _issues(folder: Destination) -> tuple[ArchivedReport, ...]:
    """Read what was written before; a ledger that cannot be read costs the index its past only."""
    try:
        return from_json(folder.read(_LEDGER) or b"[]", tuple[ArchivedReport, ...])
    except msgspec.DecodeError:
        return ()
