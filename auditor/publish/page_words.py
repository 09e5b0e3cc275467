"""Labels of statuses, verdicts, conditions and guide steps, as all pages show them. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Novelty, Resolution
from auditor.engine.simulation.lockout import AccessAnswer
from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_findings import Condition
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.rule.severity import Severity
from auditor.text import count

GUIDE_URL = "https://docs.getunleash.io/provisioning/how-to-setup-provisioning-with-okta"

GUIDE_STEPS = {
    "Before you begin": "Before you begin",
    "Unleash 1": "Unleash, step 1: Navigate to Provisioning configuration",
    "Unleash 2": "Unleash, step 2: Enable Provisioning",
    "Okta 1": "Okta, step 1: Create an Application in Okta",
    "Okta 2": "Okta, step 2: Enable Provisioning in your Okta Application",
    "Okta 3": "Okta, step 3: Connect Unleash",
    "Okta 4": "Okta, step 4: Configure Okta Provisioning",
    "Okta 5": "Okta, step 5: Configure Provisioning Properties",
    "Okta 1, 5": "Okta, steps 1 and 5",
    "Okta 3, 4": "Okta, steps 3 and 4",
}

STATUS_WORDS = {
    TargetStatus.FAIL: "Fail",
    TargetStatus.INCOMPLETE: "Incomplete",
    TargetStatus.PASS: "Pass",
    TargetStatus.NOT_AUDITED: "Not audited",
}
STATUS_SIGNS = {
    TargetStatus.FAIL: "✗",
    TargetStatus.INCOMPLETE: "?",
    TargetStatus.PASS: "✓",
    TargetStatus.NOT_AUDITED: "–",  # noqa: RUF001  (a sign)
}
CONDITION_WORDS = {
    **{condition: condition.value.capitalize() for condition in Condition},
    Condition.NOT_EVALUATED: f"Open, {Condition.NOT_EVALUATED}",
    Condition.PENDING: "In grace period",
    Condition.WAIVED: "Accepted",
}
RESOLUTION_WORDS = {
    Resolution.FIXED: "Fixed",
    Resolution.CONFIGURATION_CHANGED: "Closed by a configuration change of the auditor",
    Resolution.GROUPED: "Grouped under its root cause",
    Resolution.TRANSIENT: "Resolved within the grace period",
    Resolution.NOT_APPLICABLE: "No longer applicable",
    Resolution.ATTESTED: "Attested",
    Resolution.RULE_REMOVED: "Rule removed",
}
NOVELTY_WORDS = {
    Novelty.BASELINE: "baseline: present at the first audit",
    Novelty.NEWLY_CHECKED: "newly checked: the rule or its configuration changed",
}


class Label(Struct, frozen=True):
    """How a verdict is shown."""

    words: str
    sign: str
    css: str
    anchor: str = "checks"


VERDICTS = {
    VerdictStatus.FAIL: Label("Fail", "✗", "fail", "causes"),
    VerdictStatus.UNKNOWN: Label("Not evaluated", "?", "unknown", "coverage"),
    VerdictStatus.NEEDS_ATTESTATION: Label("Manual check", "☐", "plain", "manual"),
    VerdictStatus.ATTESTED: Label("Attested", "✓", "pass"),
    VerdictStatus.PASS: Label("Pass", "✓", "pass"),
    VerdictStatus.NOT_APPLICABLE: Label("Not applicable", "–", "plain"),  # noqa: RUF001  (a sign)
    # The rule never ran.
    None: Label("Not evaluated", "?", "unknown", "coverage"),
}


ADMIN_ACCESS = {
    AccessAnswer.PROVEN: Label("Yes", "✓", "pass"),
    AccessAnswer.UNKNOWN: Label("Unknown", "?", "unknown"),
    AccessAnswer.DISPROVEN: Label("No", "✗", "fail"),
}


class BarPart(Struct, frozen=True, kw_only=True):
    """One part of the bar of verdicts; its width is the number of rules."""

    label: str
    number: int
    left: int
    css: str
    anchor: str


ACCEPTED = "accepted"
"""A rule fails, and waivers cover all its findings."""

_BAR: tuple[tuple[str, str, str, set[VerdictStatus | str | None]], ...] = (
    ("pass", "pass", "checks", {VerdictStatus.PASS, VerdictStatus.ATTESTED}),
    ("fail", "fail", "causes", {VerdictStatus.FAIL}),
    ("accepted", "na", "waivers", {ACCEPTED}),
    ("manual", "manual", "manual", {VerdictStatus.NEEDS_ATTESTATION}),
    ("not evaluated", "unknown", "coverage", {VerdictStatus.UNKNOWN, None}),
    ("not applicable", "na", "checks", {VerdictStatus.NOT_APPLICABLE}),
)


def verdict_bar(report: Report) -> tuple[BarPart, ...]:
    """Return the parts of the bar; parts without rules are left out."""
    parts, left = [], 0
    for label, css, anchor, statuses in _BAR:
        number = sum(
            (ACCEPTED if rule.is_accepted else rule.status) in statuses for rule in report.rules
        )
        if number:
            parts.append(BarPart(label=label, number=number, left=left, css=css, anchor=anchor))
            left += number
    return tuple(parts)


def comparison(report: Report) -> str:
    """Return how the week compares with the last one, or why there is no comparison."""
    if report.last_audit is None:
        return ""
    if not any(point.open is not None for point in report.trend[:-1]):
        return "First week with audits: there is no earlier week to compare with."
    if report.last_week.open is None:
        return "No audit took place last week, so there is no comparison."
    # A period that is no week can end on Monday, before the first audit of that week.
    if report.trend[-1].open is None:
        return "No audit took place yet this week, so there is no comparison."
    return _compared(report, report.last_week.open)


def _compared(report: Report, earlier: Mapping[Severity, int]) -> str:
    """Compare by new critical causes, then by affected users, then by open findings."""
    came = {Condition.NEW, Condition.REOPENED}
    critical = sum(
        each.severity is Severity.CRITICAL and each.condition in came for each in report.causes
    )
    if critical:
        # New critical causes are worse, also if other rules are unknown in this week.
        word = "Worse" if report.last_week.is_complete else "More known"
        return f"{word} than last week: {count(critical, 'new or reopened critical cause')}."
    users, users_then = report.trend[-1].affected, report.trend[-2].affected
    if users is not None and users_then is not None and users != users_then:
        word = _word(report, users, users_then)
        return f"{word}: {count(users, 'user')} affected, was {users_then:,}."
    findings, findings_then = len(report.open), sum(earlier.values())
    open_ = count(findings, "open finding")
    # One more high or critical finding is worse, even if the total fell.
    if findings <= findings_then and any(
        severity.rank >= Severity.HIGH.rank and number > earlier.get(severity, 0)
        for severity, number in report.severities.items()
    ):
        total = f"still {open_}" if findings == findings_then else f"{open_}, was {findings_then:,}"
        word = "Worse" if report.last_week.is_complete else "More known"
        return f"{word} than last week: {total}, with higher severity."
    if findings == findings_then:
        if report.completeness.is_complete and report.last_week.is_complete:
            return f"Same as last week: {open_}."
        return f"As many known as last week: {open_}."
    return f"{_word(report, findings, findings_then)}: {open_}, was {findings_then:,}."


def _word(report: Report, now: int, earlier: int) -> str:
    # With missing data, a number can be lower because less is known, in either week.
    if now > earlier:
        return (
            "Worse than last week" if report.last_week.is_complete else "More known than last week"
        )
    return (
        "Better than last week" if report.completeness.is_complete else "Fewer known than last week"
    )


def last_week(report: Report, severity: Severity) -> str:
    """Return the open findings of a severity last week; ``—``: zero, with missing data."""
    week = report.last_week
    if week.open is None:
        return "no audit last week"
    number = week.open.get(severity, 0)
    return f"last week {f'{number:,}' if number or week.is_complete else '—'}"


def known(number: int, report: Report) -> str:
    """Return a count; ``—``: it is zero but the audit is incomplete, so the count is unknown."""
    return f"{number:,}" if number or report.completeness.is_complete else "—"
