"""The result of ``auditor verify`` on a terminal."""

from auditor.cli.output.page import Part, TerminalPage, format_time
from auditor.engine.findings.tracked_findings import Resolution
from auditor.engine.findings.verified_finding import VerificationStatus, VerifiedFinding
from auditor.pipeline.verification import Verification
from auditor.rule.texts.reason_text import reason_text
from auditor.text import SHORT_ID, count

_MAX_LISTED = 20
"""Findings of a cause that are listed; the others are counted."""

_MARKS: dict[VerificationStatus, Part] = {
    VerificationStatus.FIXED: ("✓ ", "green"),
    VerificationStatus.STILL_OPEN: ("✗ ", "red"),
    VerificationStatus.NOT_EVALUATED: ("? ", "yellow"),
}

_NOT_VERIFIED = {
    Resolution.RULE_REMOVED: "The rule is disabled or was removed.",
    Resolution.CONFIGURATION_CHANGED: (
        "The rule or its parameters changed since the last audit, so a fix cannot be verified. "
        "Run `auditor run`, then verify again."
    ),
    Resolution.NOT_APPLICABLE: "The rule does not apply any more, so a fix cannot be verified.",
    Resolution.ATTESTED: "An attestation covers it; the data does not show a fix.",
}


def print_verification(page: TerminalPage, result: Verification) -> None:
    """Print the status, and what was read now for each finding that is not fixed."""
    title = f"{result.id[:SHORT_ID]}: {result.status.label}"
    page.ends(
        [_MARKS[result.status], (title, "bold")], f"{result.target}, {format_time(result.at)}"
    )
    order = list(VerificationStatus)
    listed = sorted(result.findings, key=lambda each: order.index(each.status))
    for number, each in enumerate(listed[:_MAX_LISTED]):
        if number == 0 or each.message:
            page.gap()
        _print_finding(page, each)
    if (rest := len(listed) - _MAX_LISTED) > 0:
        page.gap()
        command = f"auditor verify {result.id[:SHORT_ID]} -t {result.target} --format json"
        page.line(f"and {rest:,} more: {command}")
    if result.status is VerificationStatus.FIXED:
        page.gap()
        page.line("The next audit resolves it.")


def _print_finding(page: TerminalPage, finding: VerifiedFinding) -> None:
    subject = "/".join(filter(None, (finding.subject, finding.attribute)))
    page.ends([_MARKS[finding.status], finding.rule, f" {subject}"], finding.status.label)
    if finding.message:
        page.line(finding.message, indent=4)
    for piece in finding.evidence:
        page.line(f"{piece.title}: {piece.observed}", indent=4, label=("Observed  ", "dim"))
        page.line(piece.expected, indent=4, label=("Expected  ", "dim"))
    if finding.affected_count:
        page.line(count(finding.affected_count, "affected user"), indent=4)
    if finding.waits_for_success:
        page.line(
            "Only a later success of the operation closes it, and the System Log contains none.",
            indent=4,
        )
    if finding.ends_as:
        page.line(_NOT_VERIFIED[finding.ends_as], indent=4)
    if finding.reason:
        page.line(reason_text(finding.reason), indent=4)
