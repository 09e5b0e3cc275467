"""What `auditor run -v` adds: each finding, each rule, each change and each waiver."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from auditor.cli.output.page import SEVERITY_STYLES, TerminalPage, format_time
from auditor.engine.changes.diff import Change, whole
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Reconciled,
    State,
    Transition,
)
from auditor.engine.views.target_report.report_changes import change_in_words
from auditor.pipeline.audit import Outcome
from auditor.rule.texts.reason_text import reason_text
from auditor.text import SHORT_ID, count, list_some

_MAX_ENTRIES = 10
"""The most entries of one section that are printed."""

_MAX_NAMES = 5
"""The most affected users of one finding that are named."""

_LABEL_WIDTH = 13
"""Columns of the labels of a finding."""

_VERDICTS = {
    VerdictStatus.FAIL: ("✗", "red"),
    VerdictStatus.UNKNOWN: ("?", "magenta"),
    VerdictStatus.NEEDS_ATTESTATION: ("☐", "cyan"),
    VerdictStatus.ATTESTED: ("✓", "green"),
    VerdictStatus.PASS: ("✓", "green"),
    VerdictStatus.NOT_APPLICABLE: ("-", "dim"),
}


def print_details(outcome: Outcome, titles: Mapping[str, str]) -> None:
    """Print all sections of one audit. ``titles`` maps rule ids to titles."""
    page = TerminalPage()
    page.gap()
    print_findings(page, outcome.reconciled.open)
    print_transitions(page, outcome.reconciled, titles)
    print_changes(page, outcome.changes)
    print_waivers(page, outcome.reconciled)
    print_rules(page, outcome.reconciled.verdicts)


def print_findings(page: TerminalPage, entries: Sequence[FindingTransition]) -> None:
    """Write the open findings with evidence, affected users and remediation."""
    by_rule: defaultdict[str, list[FindingTransition]] = defaultdict(list)
    for entry in entries:
        by_rule[entry.after.rule].append(entry)
    for rule, group in by_rule.items():
        severity = group[0].after.severity
        mark = (f"✗ {severity:8}  ", f"bold {SEVERITY_STYLES[severity]}")
        page.ends([mark, (rule, "bold")], count(len(group), "finding"))
        for entry in group[:_MAX_ENTRIES]:
            _print_finding(page, entry)
        _print_rest(page, len(group))


def _print_finding(page: TerminalPage, entry: FindingTransition) -> None:
    known, finding = entry.after, entry.finding
    short = known.id[:SHORT_ID]
    text = known.message or f"{known.subject} {known.attribute}".strip()
    page.line(text, indent=2, label=f"{short}  ")
    if finding is None:
        page.line(
            f"Not evaluated: {reason_text(entry.reason) if entry.reason else 'reason unknown'}",
            indent=4,
        )
        return
    for piece in finding.evidence:
        page.line(f"{piece.title}: {piece.observed}", indent=4, label=_label("Observed"))
        page.line(piece.expected, indent=4, label=_label("Expected"))
    if finding.affected:
        names = list_some(
            [each.name for each in finding.affected], finding.affected_count, _MAX_NAMES
        )
        page.line(f"({finding.affected_count:,}) {names}", indent=4, label=_label("Affected"))
    page.line(format_time(known.first_seen_at), indent=4, label=_label("First seen"))
    if finding.remediation:
        steps = finding.remediation.steps
        for number, step in enumerate(steps, 1):
            words = f"{number}. {step}" if len(steps) > 1 else step
            page.line(words, indent=4, label=_label("Remediation" if number == 1 else ""))
        if finding.remediation.link:
            page.whole(finding.remediation.link, indent=4 + _LABEL_WIDTH)


def print_transitions(
    page: TerminalPage, reconciled: Reconciled, titles: Mapping[str, str]
) -> None:
    """Write the findings that are resolved, in the grace period or waived."""
    pending = [
        each for each in reconciled.of(Transition.PENDING) if each.after.state is State.PENDING
    ]
    waived = [
        each
        for each in reconciled.transitions
        if each.after.waived and each.after.state is State.OPEN
    ]
    resolved = reconciled.of(Transition.RESOLVED, Transition.REMOVED)
    _print_section(page, ("✓ RESOLVED  ", "green"), resolved, titles)
    _print_section(page, ("· PENDING   ", "cyan"), pending, titles)
    _print_section(page, ("· WAIVED    ", "cyan"), waived, titles)


def _print_section(
    page: TerminalPage,
    mark: tuple[str, str],
    entries: Sequence[FindingTransition],
    titles: Mapping[str, str],
) -> None:
    for entry in entries[:_MAX_ENTRIES]:
        known = entry.after
        name = " ".join(filter(None, (known.rule, known.subject, known.attribute)))
        page.ends([mark, (name, "bold")], _explanation(entry))
        text = entry.finding.message if entry.finding else titles.get(known.rule, "")
        page.line(text, indent=2)
    _print_rest(page, len(entries))


def _explanation(entry: FindingTransition) -> str:
    if entry.after.state is State.RESOLVED and entry.after.resolution:
        return entry.after.resolution.value.replace("_", " ")
    if entry.waiver:
        return f"by {entry.waiver.owner} until {entry.waiver.expires}"
    return "in the grace period"


def print_changes(page: TerminalPage, changes: Sequence[Change]) -> None:
    """Write the configuration changes, by author."""
    by_author: defaultdict[str, list[Change]] = defaultdict(list)
    changes = whole(changes)
    for change in changes[:_MAX_ENTRIES]:
        by_author[_author(change)].append(change)
    for author, theirs in by_author.items():
        page.line((author, "bold"), label=("≠ CHANGED BY  ", "blue"))
        for change in theirs:
            page.line(change_in_words(change, names_people=True), indent=2)
    _print_rest(page, len(changes))


def _author(change: Change) -> str:
    if not change.actors:
        return f"unknown: {change.unknown_reason}" if change.unknown_reason else "unknown"
    names = " or ".join(f"{each.name}, {format_time(each.at)}" for each in change.actors)
    return f"{names} ({change.confidence})"


def print_waivers(page: TerminalPage, reconciled: Reconciled) -> None:
    """Write the waivers that have no effect."""
    without_effect = {
        "expired": reconciled.expired_waivers,
        "matches no finding": reconciled.unmatched_waivers,
    }
    for reason, waivers in without_effect.items():
        for each in waivers:
            text = f"{each.rule} {each.subject} by {each.owner} until {each.expires}"
            page.line(text, label=(f"! WAIVER {reason}: ", "yellow"))
    if any(without_effect.values()):
        page.gap()


def print_rules(page: TerminalPage, verdicts: Iterable[Verdict]) -> None:
    """Write one line for each rule, worst first."""
    order = list(VerdictStatus)
    page.line(("RULES", "bold"))
    verdicts = tuple(verdicts)
    width = max((len(each.rule) for each in verdicts), default=0)
    for verdict in sorted(verdicts, key=lambda each: (order.index(each.status), each.rule)):
        mark, style = _VERDICTS[verdict.status]
        status = verdict.status.value.replace("_", " ")
        reason = f": {'; '.join(map(reason_text, verdict.reasons))}" if verdict.reasons else ""
        label = f"{mark} {verdict.severity:8}  {verdict.rule:{width}}  "
        page.line(f"{status}{reason}", label=(label, style))
    page.gap()


def _print_rest(page: TerminalPage, entries: int) -> None:
    if entries > _MAX_ENTRIES:
        page.line(f"and {entries - _MAX_ENTRIES:,} more", indent=2)
    if entries:
        page.gap()


def _label(word: str) -> tuple[str, str]:
    return f"{word:{_LABEL_WIDTH}}", "dim"
