"""Rules and findings as OCSF Compliance Findings (class 2003), one JSON object a line. Pure.

A finding is a failure, and a rule that passed is a pass. A rule that was not evaluated or needs a
manual check is a warning. Missing data never becomes a pass.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from auditor import __version__
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_findings import Condition, ReportedFinding
from auditor.engine.views.target_report.report_rules import ReportedRule
from auditor.rule.severity import Severity
from auditor.serialization import to_json

OCSF_CLASS_UID = 2003
OCSF_VERSION = "1.4.0"
CREATE, UPDATE, CLOSE = 1, 2, 3
PASS, WARNING, FAIL = 1, 2, 3
NEW, IN_PROGRESS, SUPPRESSED, RESOLVED = 1, 2, 3, 4
INFORMATIONAL_SEVERITY_ID = 1
OCSF_SEVERITY_IDS = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}

_ACTIVITIES = {
    Condition.NEW: (CREATE, NEW),
    Condition.REOPENED: (UPDATE, NEW),
    Condition.STILL_OPEN: (UPDATE, IN_PROGRESS),
    Condition.NOT_EVALUATED: (UPDATE, IN_PROGRESS),
    Condition.WAIVED: (UPDATE, SUPPRESSED),
    Condition.RESOLVED: (CLOSE, RESOLVED),
}
# Without FAIL: a rule that fails has an event for each of its findings.
_ANSWERS = {
    VerdictStatus.PASS: PASS,
    VerdictStatus.ATTESTED: PASS,
    VerdictStatus.UNKNOWN: WARNING,
    VerdictStatus.NEEDS_ATTESTATION: WARNING,
}


def report_ocsf(reports: Iterable[Report]) -> Iterator[str]:
    """Yield the events of the reports, one JSON object a line."""
    for report in reports:
        for event in ocsf_events(report):
            yield f"{to_json(event, indent=False)}\n"


def ocsf_events(report: Report) -> Iterator[dict[str, Any]]:
    """Yield the findings, then the rules without findings; pending findings are left out."""
    rules = {rule.id: rule for rule in report.rules}
    for finding in report.findings:
        if finding.condition is not Condition.PENDING:
            yield _of_finding(report, finding, rules.get(finding.rule))
    for rule in report.rules:
        if rule.status in _ANSWERS:
            yield _of_rule(report, rule, _ANSWERS[rule.status])


def _of_finding(
    report: Report, finding: ReportedFinding, rule: ReportedRule | None
) -> dict[str, Any]:
    activity, status = _ACTIVITIES[finding.condition]
    remediation = finding.remediation
    event = _event(report, finding.id, activity, OCSF_SEVERITY_IDS[finding.severity]) | {
        "message": finding.message,
        "status_id": status,
        "compliance": _compliance(rule, PASS if activity == CLOSE else FAIL),
    }
    event["finding_info"] |= {
        "title": finding.problem,
        "desc": finding.message,
        "types": [finding.rule],
        "created_time": _milliseconds(finding.since),
        "first_seen_time": _milliseconds(finding.first_seen_at),
        "last_seen_time": _milliseconds(finding.last_seen_at),
    }
    if remediation:
        references = [remediation.link] if remediation.link else []
        event["remediation"] = {"desc": " ".join(remediation.steps), "references": references}
    event["unmapped"] = {
        "subject": finding.subject,
        "attribute": finding.attribute,
        "cause": finding.cause,
        "condition": finding.condition,
        "affected_count": None if finding.is_counting else finding.affected_count,
        "evidence": [msgspec.to_builtins(piece) for piece in finding.evidence],
    }
    return event


def _of_rule(report: Report, rule: ReportedRule, answer: int) -> dict[str, Any]:
    event = _event(report, rule.id, UPDATE, INFORMATIONAL_SEVERITY_ID) | {
        "message": "; ".join(rule.reasons) or rule.title,
        "status_id": RESOLVED if answer == PASS else NEW,
        "compliance": _compliance(rule, answer),
        "unmapped": {"verdict": rule.status, "basis": rule.basis},
    }
    event["finding_info"] |= {"title": rule.title, "desc": rule.rationale, "types": [rule.id]}
    return event


def _event(report: Report, identity: str, activity: int, severity: int) -> dict[str, Any]:
    target = report.target
    # the name of the target may change, but its app and instance do not
    uid = f"{urlsplit(target.org_url).netloc}/{target.app_id}/{identity}"
    return {
        "class_uid": OCSF_CLASS_UID,
        "class_name": "Compliance Finding",
        "category_uid": OCSF_CLASS_UID // 1000,
        "category_name": "Findings",
        "type_uid": OCSF_CLASS_UID * 100 + activity,
        "activity_id": activity,
        "severity_id": severity,
        "time": _milliseconds(report.until),
        "finding_info": {"uid": uid},
        "metadata": {
            "version": OCSF_VERSION,
            "product": {
                "name": "unleash-okta-auditor",
                "vendor_name": "unleash-okta-auditor",
                "version": __version__,
            },
        },
        "resources": [{"uid": target.app_id, "name": target.name, "type": "Okta application"}],
    }


def _compliance(rule: ReportedRule | None, answer: int) -> dict[str, Any]:
    controls: Mapping[str, tuple[str, ...]] = rule.controls if rule else {}
    return {
        "control": rule.id if rule else "",
        "standards": sorted(controls),
        "requirements": [f"{name} {each}" for name in sorted(controls) for each in controls[name]],
        "status_id": answer,
    }


def _milliseconds(at: datetime) -> int:
    # Times in OCSF are milliseconds since 1970.
    return int(at.timestamp() * 1000)
