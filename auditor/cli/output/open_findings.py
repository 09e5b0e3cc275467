"""Open findings on a terminal: what, seen and wanted, whom it hurts, how it is put back."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from auditor.cli.output.page import STYLES, TerminalPage
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.unreadable_sides import UnreadableSides
from auditor.engine.evaluation.verdicts import Finding
from auditor.engine.findings.tracked_findings import FindingTransition, Shift, Transition
from auditor.rule.reason_text import reason_text
from auditor.rule.results import Reason, Remediation
from auditor.text import count, format_time, list_some

SHOWN = 3
"""So many findings of one rule are shown, and so many pieces of evidence of each."""

NAMED = 5
"""So many of the affected are named."""
_KINDS = {
    Transition.NEW: "new",
    Transition.REOPENED: "came back",
    Transition.STILL_OPEN: "still open",
    Transition.NOT_EVALUATED: "still open, not verified",
}
_SHIFTS = {Shift.WORSE: "worse than before", Shift.BETTER: "better than before"}


def print_findings(
    page: TerminalPage,
    entries: Iterable[FindingTransition],
    changes: Iterable[Change],
    dark: UnreadableSides,
) -> None:
    """Write them rule by rule, in the order in which the rules first come."""
    explanations = ExplainingChanges(changes)
    by_rule: defaultdict[str, list[FindingTransition]] = defaultdict(list)
    for entry in entries:
        by_rule[entry.after.rule].append(entry)
    for rule, group in by_rule.items():
        _tell_rule(page, rule, group, explanations, dark)
        page.gap()


def _tell_rule(
    page: TerminalPage,
    rule: str,
    entries: Sequence[FindingTransition],
    explanations: ExplainingChanges[Change],
    dark: UnreadableSides,
) -> None:
    severity = entries[0].after.severity
    alone = len(entries) == 1
    kinds = Counter(_KINDS[entry.transition] for entry in entries)
    state = next(iter(kinds)) if alone else ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
    mark = (f"✗ {severity.upper():8}  ", f"bold {STYLES[severity]}")
    page.ends([mark, (rule, "bold")], (state, "bold"))
    told: list[Remediation] = []
    for entry in entries[:SHOWN]:
        bullet = "" if alone else "• "
        indent = 2 + len(bullet)
        if entry.finding is None:
            known = entry.after
            name = known.message or f"{known.subject} {known.attribute}"
            page.line(name, indent=2, label=bullet)
            page.line(_why_unseen(entry.reason, dark), indent=indent)
            continue
        page.line(entry.finding.message, indent=2, label=bullet)
        _tell_details(page, entry, entry.finding, explanations, indent)
        if entry.finding.remediation and entry.finding.remediation not in told:
            told.append(entry.finding.remediation)
            _tell_remedy(page, entry.finding.remediation, indent)
    if len(entries) > SHOWN:
        page.line(f"… and {len(entries) - SHOWN:,} more of this rule", indent=2)


def _why_unseen(reason: Reason | None, dark: UnreadableSides) -> str:
    if reason is None:
        return "not found by this audit"
    sides = [each.side for each in dark.behind(reason)]
    return f"{' and '.join(sides)} could not be read" if sides else reason_text(reason)


def _tell_details(
    page: TerminalPage,
    entry: FindingTransition,
    finding: Finding,
    explanations: ExplainingChanges[Change],
    indent: int,
) -> None:
    for piece in finding.evidence[:SHOWN]:
        page.line(f"{piece.title}: {piece.observed}", indent=indent, label=_label("seen"))
        page.line(piece.expected, indent=indent, label=_label("wanted"))
    if not _names_whom_it_hurts(finding):
        names = list_some([each.name for each in finding.affected], finding.affected_count, NAMED)
        people = count(finding.affected_count, "person", "people")
        page.line(f"{people}: {names}", indent=indent, label=_label("hurts"))
    known = entry.after
    opened_at = known.opened_at or known.first_seen_at
    change = explanations.of(finding.evidence, by=opened_at)
    if change:
        page.line(f"{change.changed_by}: {change.summary}", indent=indent, label=_label("changed"))
    since = finding.since or (change and change.made_at)
    when = [f"since {format_time(since)}"] if since else []
    if entry.transition is not Transition.NEW:
        when.append(f"first seen {format_time(entry.after.first_seen_at)}")
    if entry.shift in _SHIFTS:
        when.append(_SHIFTS[entry.shift])
    if when:
        page.line(", ".join(when), indent=indent, label=_label("when"))


def _names_whom_it_hurts(finding: Finding) -> bool:
    """Tell whether the message has said it: there is nobody, or just the one whom it names."""
    names = [each.name for each in finding.affected]
    return finding.affected_count == len(names) <= 1 and all(n in finding.message for n in names)


def _tell_remedy(page: TerminalPage, remediation: Remediation, indent: int) -> None:
    label = _label("put back")
    for step in remediation.steps:
        page.line(step, indent=indent, label=label)
        label = _label("")
    if remediation.link:
        page.whole(remediation.link, indent=indent)


def _label(word: str) -> tuple[str, str]:
    return f"{word:10}", "dim"
