"""The week in one message, drawn from its report. Pure."""

from auditor.engine.incidents.notification import Digest, Notification
from auditor.engine.views.report import Report
from auditor.engine.views.report_findings import Condition, ReportedFinding
from auditor.engine.views.report_waivers import ReportedAttestation, ReportedWaiver, Validity

_COUNTED = (Condition.NEW, Condition.REOPENED, Condition.RESOLVED, Condition.STILL_OPEN)


def weekly_digest(report: Report) -> Notification:
    """Sum up the report; the same week is the same message."""
    key = f"digest/{report.since:%Y-%m-%d}/{report.until:%Y-%m-%d}"
    return Notification(
        key=key,
        thread=key,
        target=report.target.name,
        at=report.until,
        about=Digest(
            since=report.since,
            until=report.until,
            verdict=str(report.headline),
            completeness=str(report.completeness),
            counts={kind: report.count(kind) for kind in _COUNTED},
            overdue=tuple(_overdue(each) for each in report.overdue),
            expiring=(
                *(_waiver(each) for each in report.waivers if _is_ending(each)),
                *(_attestation(each) for each in report.attestations if _is_ending(each)),
            ),
            trend=tuple(
                (point.week, None if point.open is None else point.total) for point in report.trend
            ),
        ),
    )


def _is_ending(vouched: ReportedWaiver | ReportedAttestation) -> bool:
    return vouched.validity is Validity.EXPIRING


def _overdue(finding: ReportedFinding) -> str:
    due = f", due {finding.due_at:%Y-%m-%d}" if finding.due_at else ""
    return f"{finding.rule} {finding.subject}: {finding.owner or 'nobody named'}{due}"


def _waiver(reported: ReportedWaiver) -> str:
    waiver = reported.waiver
    return f"{waiver.expires}: waiver for {waiver.rule}, {waiver.owner}"


def _attestation(reported: ReportedAttestation) -> str:
    attestation = reported.attestation
    return f"{attestation.expires}: attestation for {attestation.rule}, {attestation.by}"
