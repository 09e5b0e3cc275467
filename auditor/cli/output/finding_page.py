"""One stored finding in full."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from auditor.cli.output.page import SEVERITY_STYLES, TerminalPage, format_time
from auditor.cli.stored_causes import KnownCause
from auditor.cli.stored_findings import KnownFinding, state_label, subject_of
from auditor.engine.audit_history import StoredAudit
from auditor.engine.causes.cause_remediation import cause_remediation
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.cause_summary import findings_in_words
from auditor.engine.views.target_report.report_causes import affected_users
from auditor.engine.views.target_report.report_changes import change_in_words
from auditor.rule.results import Remediation
from auditor.rule.texts.reason_text import reason_text
from auditor.text import BEING_COUNTED, SHORT_ID, count, format_duration

_LABEL_WIDTH = 13
"""Columns of a label; the longest is "Remediation"."""

_MAX_AFFECTED = 20
"""The most affected users that are listed without ``--affected``."""


def print_finding(
    finding: KnownFinding,
    cause: KnownCause | None,
    audit: StoredAudit | None,
    now: datetime,
    *,
    whole: bool = False,
    target_option: str = "",
) -> None:
    """Write what was observed and expected, since when, who is affected and how it is fixed.

    ``cause`` is the open cause of the finding. If the finding leads it, remediation and affected
    users are those of the whole cause. ``whole``: list all stored users.
    ``audit`` is the last one that found it; it has endpoints and request ids. ``target_option``
    ends each id in a command, because several targets can have the same id: `` -t NAME``.
    """
    page = TerminalPage()
    severity = finding.severity.value.capitalize()
    style = f"bold {SEVERITY_STYLES[finding.severity]}"
    title = cause.title if cause and cause.id == finding.id else finding.rule
    page.ends([(f"{severity}  ", style), (title, "bold")], finding.target)
    page.line(finding.message or "Details are no longer stored.")
    page.gap()
    leads = cause is not None and cause.id == finding.id
    for label, text in (*_facts(finding, now), *_cause_facts(finding, cause)):
        page.line(text, label=_label(label))
    for piece in finding.evidence:
        page.gap()
        page.line(f"{piece.title}: {piece.observed}", label=_label("Observed"))
        page.line(piece.expected, label=_label("Expected"))
        page.line(_source(piece.collection, finding, audit), label=_label("Evidence"))
    members = cause.findings if cause and leads else (finding,)
    _print_remediation(page, finding, cause_remediation(finding.id, members))
    short = f"{finding.id[:SHORT_ID]}{target_option}"
    _print_affected(page, members, short, whole=whole)
    if finding.state is State.OPEN and not finding.waived:
        page.gap()
        page.line(f"auditor verify {short} --wait 10m", label=_label("Verify"))
        page.line(f'auditor ack {short} --until 7d --reason "…"', label=_label("Pause"))
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
        yield "", change_in_words(change, names_people=True)
    else:
        yield "Changed by", "unknown: no recorded configuration change explains this finding"
    if waiver := finding.waiver:
        yield "Waiver", f"by {waiver.owner} until {waiver.expires}: {waiver.reason}"
    if pause := finding.acknowledgement:
        until = format_time(pause.until) if pause.until else "it is fixed"
        reason = f": {pause.reason}" if pause.reason else ""
        yield "Acknowledged", f"by {pause.by} until {until}{reason}"


def _cause_facts(finding: KnownFinding, cause: KnownCause | None) -> Iterator[tuple[str, str]]:
    if cause is None:
        return
    if cause.id != finding.id:
        yield "Cause", f"{cause.id[:SHORT_ID]}  {cause.title}"
        return
    total = findings_in_words(len(cause.findings) + cause.grouped, cause.grouped)
    yield "Rules", f"{', '.join(cause.rules)}: {total}"


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


def _source(collection: str, finding: KnownFinding, audit: StoredAudit | None) -> str:
    """Return collection, endpoint, time and request id of an observed value."""
    endpoint = audit.endpoints.get(collection, "") if audit else ""
    request = audit.request_ids.get(collection, "") if audit else ""
    parts = (
        f"{collection}, {endpoint}" if endpoint else collection,
        f"read {format_time(finding.last_seen_at)}",
        f"request {request}" if request else "",
    )
    return ", ".join(filter(None, parts))


def _print_remediation(
    page: TerminalPage, finding: KnownFinding, remediation: Remediation | None
) -> None:
    if remediation is None:
        return
    page.gap()
    page.line(("Remediation", "bold"))
    for number, step in enumerate(remediation.steps, start=1):
        page.line(step, indent=2, label=f"{number}. ")
    if remediation.link:
        page.whole(remediation.link, indent=2)
    if finding.remediation and (remediation.api or remediation.terraform):
        page.line(
            "API call: auditor plan --calls · Terraform: auditor plan --write-to DIR", indent=2
        )


def _print_affected(
    page: TerminalPage, members: Sequence[KnownFinding], short: str, *, whole: bool
) -> None:
    if any(each.is_counting for each in members):
        page.gap()
        page.line(("Affected users", "bold"), f": {BEING_COUNTED} until the next full audit")
        return
    if not (total := affected_users(members)):
        return
    users = {user.id: user for each in members for user in each.affected}
    shown = tuple(users.values())[: None if whole else _MAX_AFFECTED]
    page.gap()
    page.line((f"Affected users ({total:,})", "bold"))
    for user in shown:
        detail = f": {user.detail}" if user.detail else ""
        page.line(f"{user.name} ({user.id}){detail}", indent=2)
    if not (rest := total - len(shown)):
        return
    # The database has only the first hundred users of a finding.
    if whole or len(shown) == len(users):
        page.line(f"and {rest:,} more, which the CSV beside the report lists", indent=2)
    else:
        page.line(f"and {rest:,} more: auditor findings {short} --affected", indent=2)


def _label(word: str) -> tuple[str, str]:
    return f"{word:{_LABEL_WIDTH}}", "dim"
