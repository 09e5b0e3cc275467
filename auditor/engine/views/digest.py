"""The weekly digest of a report. Pure."""

from auditor.engine.incidents.notification import Digest, Notification
from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_findings import Condition, ReportedFinding
from auditor.engine.views.target_report.report_waivers import (
    ReportedAttestation,
    ReportedWaiver,
    Validity,
)

_CAME = {Condition.NEW, Condition.REOPENED}
_COUNTED = (Condition.NEW, Condition.REOPENED, Condition.RESOLVED, Condition.STILL_OPEN)


def weekly_digest(report: Report, *, report_sha256: str = "") -> Notification:
    """Return the digest of a report; the same period has the same key."""
    key = f"digest/{report.since:%Y-%m-%d}/{report.until:%Y-%m-%d}"
    return Notification(
        key=key,
        thread=key,
        target=report.target.name,
        at=report.until,
        about=Digest(
            since=report.since,
            until=report.until,
            week=report.week,
            report_sha256=report_sha256,
            verdict=str(report.headline),
            completeness=str(report.completeness),
            counts={
                kind: report.came(kind) if kind in _CAME else report.count(kind)
                for kind in _COUNTED
            },
            overdue=tuple(_overdue(each) for each in report.overdue),
            expiring=(
                *(_waiver(each) for each in report.waivers if _is_ending(each)),
                *(_attestation(each) for each in report.attestations if _is_ending(each)),
            ),
            trend=tuple(
                (point.week, None if point.open is None else point.total) for point in report.trend
            ),
            incomplete_weeks=tuple(
                point.week
                for point in report.trend
                if point.open is not None and not point.is_complete
            ),
        ),
    )


def _is_ending(promise: ReportedWaiver | ReportedAttestation) -> bool:
    return promise.validity is Validity.EXPIRING


def _overdue(finding: ReportedFinding) -> str:
    due = f", due {finding.due_at:%Y-%m-%d}" if finding.due_at else ""
    return f"{finding.rule}: {finding.owner or 'no owner'}{due}"


def _waiver(reported: ReportedWaiver) -> str:
    waiver = reported.waiver
    return f"{waiver.expires}: waiver for {waiver.rule}, {waiver.owner}"


def _attestation(reported: ReportedAttestation) -> str:
    attestation = reported.attestation
    return f"{attestation.expires}: attestation for {attestation.rule}, {attestation.by}"
