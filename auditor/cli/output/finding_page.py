"""One stored finding in full."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from auditor.cli.output.page import SEVERITY_STYLES, SHORT_ID, TerminalPage, format_time
from auditor.cli.stored_findings import KnownFinding, state_label, subject_of
from auditor.engine.findings.tracked_findings import State
from auditor.rule.reason_text import reason_text
from auditor.text import count, format_duration

_LABEL_WIDTH = 13
"""Columns of a label; the longest is "Remediation"."""

_MAX_AFFECTED = 20
"""So many affected users are listed; ``--format json`` has all that are stored."""


def print_finding(finding: KnownFinding, request_ids: Mapping[str, str], now: datetime) -> None:
    """Write what was observed and expected, since when, who is affected and how it is fixed.

    ``request_ids`` maps a collection to the id that the service gave the last request for it.
    """
    page = TerminalPage()
    severity = finding.severity.value.capitalize()
    style = f"bold {SEVERITY_STYLES[finding.severity]}"
    page.ends([(f"{severity}  ", style), (finding.rule, "bold")], finding.target)
    page.line(finding.message or "Details are no longer stored.")
    page.gap()
    for label, text in _facts(finding, now):
        page.line(text, label=_label(label))
    for piece in finding.evidence:
        page.gap()
        page.line(f"{piece.title}: {piece.observed}", label=_label("Observed"))
        page.line(piece.expected, label=_label("Expected"))
        page.line(_source(piece.collection, finding, request_ids), label=_label("Evidence"))
    _print_remediation(page, finding)
    _print_affected(page, finding)
    if finding.state is State.OPEN and not finding.waived:
        page.gap()
        short = finding.id[:SHORT_ID]
        page.line(f'auditor ack {finding.id} --until 7d --reason "…"', label=_label("Pause"))
        page.line(
            f'auditor waive {short} --until 30d --owner "…" --reason "…"', label=_label("Accept")
        )


def _facts(finding: KnownFinding, now: datetime) -> Iterator[tuple[str, str]]:
    yield "Id", finding.id
    yield "Subject", subject_of(finding)
    yield "Status", _status(finding, now)
    if finding.reason:
        yield "", reason_text(finding.reason)
    yield "Owner", finding.owner or "none"
    yield "First seen", format_time(finding.first_seen_at)
    if finding.since:
        yield "Since", format_time(finding.since)
    yield "Last seen", format_time(finding.last_seen_at)
    if change := finding.change:
        names = " or ".join(f"{each.name}, {format_time(each.at)}" for each in change.actors)
        yield "Changed by", f"{names or 'unknown'} ({change.confidence})"
        yield "", change.summary
    else:
        yield "Changed by", "unknown: no recorded configuration change explains this finding"
    if waiver := finding.waiver:
        yield "Waiver", f"by {waiver.owner} until {waiver.expires}: {waiver.reason}"
    if pause := finding.acknowledgement:
        until = format_time(pause.until) if pause.until else "it is fixed"
        reason = f": {pause.reason}" if pause.reason else ""
        yield "Acknowledged", f"by {pause.by} until {until}{reason}"


def _status(finding: KnownFinding, now: datetime) -> str:
    label = state_label(finding, now)
    if finding.state is State.RESOLVED:
        how = finding.resolution.value.replace("_", " ") if finding.resolution else "resolved"
        at = f" at {format_time(finding.resolved_at)}" if finding.resolved_at else ""
        after = (
            f", after {format_duration(finding.resolved_after)}" if finding.resolved_after else ""
        )
        return f"resolved{at}: {how}{after}"
    since = finding.opened_at or finding.first_seen_at
    text = f"{label}, for {format_duration(now - since)}"
    if finding.due_at:
        text += f", due {format_time(finding.due_at)}"
    if finding.reopened:
        text += f", reopened {count(finding.reopened, 'time')}"
    return text


def _source(collection: str, finding: KnownFinding, request_ids: Mapping[str, str]) -> str:
    request = request_ids.get(collection)
    return f"{collection}, read {format_time(finding.last_seen_at)}" + (
        f", request {request}" if request else ""
    )


def _print_remediation(page: TerminalPage, finding: KnownFinding) -> None:
    if not (remediation := finding.remediation):
        return
    page.gap()
    page.line(("Remediation", "bold"))
    for number, step in enumerate(remediation.steps, start=1):
        page.line(step, indent=2, label=f"{number}. ")
    if remediation.link:
        page.whole(remediation.link, indent=2)
    if remediation.api or remediation.terraform:
        page.line(
            "API call: auditor plan --calls · Terraform: auditor plan --write-to DIR", indent=2
        )


def _print_affected(page: TerminalPage, finding: KnownFinding) -> None:
    if not finding.affected_count:
        return
    page.gap()
    page.line((f"Affected users ({finding.affected_count:,})", "bold"))
    for user in finding.affected[:_MAX_AFFECTED]:
        detail = f": {user.detail}" if user.detail else ""
        page.line(f"{user.name} ({user.id}){detail}", indent=2)
    rest = finding.affected_count - min(len(finding.affected), _MAX_AFFECTED)
    if rest:
        page.line(
            f"and {rest:,} more: auditor findings {finding.id[:SHORT_ID]} --format json", indent=2
        )


def _label(word: str) -> tuple[str, str]:
    return f"{word:{_LABEL_WIDTH}}", "dim"
