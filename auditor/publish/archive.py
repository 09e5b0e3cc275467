"""The reports of a target: weekly ones that never change, ad-hoc ones, the latest, and an index."""

import hashlib
from datetime import datetime

import msgspec
from msgspec import Struct

from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.publish.affected_csv import affected_file
from auditor.publish.csv_export import report_csv
from auditor.publish.destinations import Destination, open_destination
from auditor.serialization import from_json

INDEX_FILE = "index.html"
LATEST_FILE = "latest.html"
_LEDGER = "index.json"


class ArchivedReport(Struct, frozen=True, kw_only=True):
    """A written report, as the index lists it."""

    name: str
    """File name: ``2026-W48.html``."""

    since: datetime
    until: datetime
    status: TargetStatus
    verdict: str
    sha256: str
    weekly: bool


class WrittenReport(Struct, frozen=True, kw_only=True):
    """Where a report is, and the hash of its page."""

    address: str
    sha256: str


def write(
    report: Report, place: str, *, keep: int | None = None, affected: str = ""
) -> WrittenReport:
    """Write a report and its CSV into the folder of its target, and update the index.

    If the file ``affected`` exists, the page links to it: all affected users, from an audit.
    A weekly report that exists already is not written again: it never changes. ``keep``: number of
    weekly and of ad-hoc reports that stay. Raises :class:`~auditor.errors.DeliveryError`.
    """
    folder = open_destination(place, report.target.name)
    name = file_name(report)
    existing = folder.read(name) if report.week else None
    page = existing if existing is not None else _write_page(folder, name, report, affected)
    digest = hashlib.sha256(page).hexdigest()
    entry = ArchivedReport(
        name=name,
        since=report.since,
        until=report.until,
        status=report.headline.status,
        verdict=report.headline.verdict,
        sha256=digest,
        weekly=bool(report.week),
    )
    listed = {each.name: each for each in _listed(folder)}
    # A page without an entry: the process ended before the index was written.
    if existing is None or name not in listed:
        _update_index(folder, report.target.name, {**listed, name: entry}, keep)
    return WrittenReport(address=folder.address(name), sha256=digest)


def write_latest(report: Report, place: str, *, affected: str = "") -> str:
    """Write the page of the present state, to which incident messages link; return its address."""
    folder = open_destination(place, report.target.name)
    _write_page(folder, LATEST_FILE, report, affected)
    return folder.address(LATEST_FILE)


def file_name(report: Report) -> str:
    """Return the file name: the ISO week, or the period of an ad-hoc report to the minute."""
    if report.week:
        return f"{report.week}.html"
    return f"report-{report.since:%Y-%m-%d}-to-{report.until:%Y-%m-%dT%H%MZ}.html"


def _update_index(
    folder: Destination, target: str, listed: dict[str, ArchivedReport], keep: int | None
) -> None:
    """Write the index and its data; remove reports beyond ``keep``, weekly and ad-hoc apart."""
    from auditor.publish.report_page import render_index

    reports = sorted(listed.values(), key=lambda each: (each.until, each.name), reverse=True)
    kept = [
        each
        for weekly in (True, False)
        for each in [report for report in reports if report.weekly is weekly][:keep]
    ]
    kept.sort(key=lambda each: (each.until, each.name), reverse=True)
    # Before the old files are deleted, so that the index never links to a file that is gone.
    folder.write(INDEX_FILE, render_index(target, kept).encode())
    folder.write(_LEDGER, msgspec.json.encode(kept))
    for old in reports:
        if old not in kept:
            folder.remove(old.name)
            folder.remove(_table_beside(old.name))
            if old.weekly:
                folder.remove(affected_file(old.name.removesuffix(".html")))


def _write_page(folder: Destination, name: str, report: Report, affected: str) -> bytes:
    """Write the CSV with all findings, then the page; return the page."""
    # Imported here: jinja2 is loaded only where a page is written.
    from auditor.publish.report_page import render

    table = _table_beside(name)
    # The table is written first, because the page links to it.
    folder.write_chunks(table, (row.encode(errors="replace") for row in report_csv((report,))))
    beside = affected if affected and folder.exists(affected) else None
    page = render(report, table=table, affected=beside).encode()
    folder.write(name, page)
    return page


def _table_beside(page: str) -> str:
    return page.removesuffix("html") + "csv"


def _listed(folder: Destination) -> tuple[ArchivedReport, ...]:
    """Read the data of the index.

    If it cannot be read, only the past entries of the index are lost.
    """
    try:
        return from_json(folder.read(_LEDGER) or b"[]", tuple[ArchivedReport, ...])
    except msgspec.DecodeError:
        return ()
