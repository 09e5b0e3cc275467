"""What stands beside the open findings: the unseen, the mended, the waived, the changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from auditor.cli.output.page import TerminalPage
from auditor.engine.changes.diff import Change, Confidence, whole
from auditor.engine.evaluation.unreadable_sides import UnreadableSides
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Reconciled,
    State,
    Transition,
)
from auditor.rule.reason_text import reason_text
from auditor.rule.results import GroupedUnder
from auditor.text import count, format_time

SHOWN = 10
"""So many entries of one section are shown."""


def print_unreadable_sides(
    page: TerminalPage, verdicts: Sequence[Verdict], dark: UnreadableSides
) -> None:
    """Say once why nothing of a side could be read, and which rules that blinds."""
    for each in dark.sides:
        blind = [verdict.rule for verdict in verdicts if each.side in dark.sides_behind(verdict)]
        page.line(f"{each}.", label=("? BLIND     ", "bold magenta"))
        page.line(each.remediation or "`auditor doctor` tries the way there.", indent=2)
        if blind:
            page.line(", ".join(blind), indent=2, label=f"{count(len(blind), 'blind rule')}: ")
        page.gap()


def print_not_evaluated(
    page: TerminalPage, verdicts: Iterable[Verdict], dark: UnreadableSides
) -> None:
    """Group the other rules that could not see all by reason: one refusal often blinds many."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.has_unknown and not dark.sides_behind(verdict):
            reasons["; ".join(map(reason_text, verdict.reasons))].append(verdict.rule)
    for reason, rules in reasons.items():
        page.line((", ".join(rules), "bold"), label=("? BLIND     ", "bold magenta"))
        page.line(reason, indent=2)
        page.gap()
    if reasons:
        page.line("`auditor doctor` tries each permission, and says how it is granted.")
        page.gap()


def print_grouped(page: TerminalPage, reconciled: Reconciled) -> None:
    """Name the rules in breach of which every finding stands under another rule's."""
    told = {entry.after.rule for entry in reconciled.open}
    for verdict in reconciled.verdicts:
        listed = [each for each in verdict.reasons if isinstance(each, GroupedUnder)]
        if verdict.status is VerdictStatus.FAIL and verdict.rule not in told and listed:
            page.line((verdict.rule, "bold"), label=("· EXPLAINED ", "cyan"))
            page.line("; ".join(map(reason_text, listed)), indent=2)
            page.gap()


def print_other_transitions(
    page: TerminalPage, reconciled: Reconciled, titles: Mapping[str, str]
) -> None:
    """Write what is no open finding any more, or not yet."""
    pending = [
        each for each in reconciled.of(Transition.PENDING) if each.after.state is State.PENDING
    ]
    waived = [
        each
        for each in reconciled.transitions
        if each.after.waived and each.after.state is State.OPEN
    ]
    resolved = reconciled.of(Transition.RESOLVED, Transition.REMOVED)
    _tell_section(page, ("✓ RESOLVED  ", "green"), resolved, titles)
    _tell_section(page, ("· PENDING   ", "cyan"), pending, titles)
    _tell_section(page, ("~ WAIVED    ", "cyan"), waived, titles)


def print_changes(page: TerminalPage, changes: Sequence[Change]) -> None:
    """Write what differs in the set-up, under whoever may have changed it."""
    by_whom: defaultdict[str, list[Change]] = defaultdict(list)
    changes = whole(changes)
    for change in changes[:SHOWN]:
        by_whom[_who(change)].append(change)
    for who, theirs in by_whom.items():
        page.line((who, "bold"), label=("≠ CHANGED   ", "blue"))
        for change in theirs:
            page.line(change.difference, indent=2, label=f"{change.path}: ")
    _end_section(page, len(changes))


def print_manual_checks(page: TerminalPage, verdicts: Iterable[Verdict]) -> None:
    """Write what somebody should look at, as no API shows it."""
    waiting = [
        verdict.rule for verdict in verdicts if verdict.status is VerdictStatus.NEEDS_ATTESTATION
    ]
    if waiting:
        page.line((", ".join(waiting), "bold"), label=("· TO ATTEST ", "cyan"))
        page.line("No API shows these; `auditor rules ID` says where to look.", indent=2)
        page.gap()


def print_waivers(page: TerminalPage, reconciled: Reconciled) -> None:
    """Write which waivers waive nothing any more."""
    useless = {"expired": reconciled.expired_waivers, "unmatched": reconciled.unmatched_waivers}
    for why, waivers in useless.items():
        for each in waivers:
            words = f"{each.rule} {each.subject}, of {each.owner}, until {each.expires}"
            page.line(words, label=(f"! WAIVER {why}: ", "yellow"))
    if any(useless.values()):
        page.gap()


def _tell_section(
    page: TerminalPage,
    mark: tuple[str, str],
    entries: Sequence[FindingTransition],
    titles: Mapping[str, str],
) -> None:
    for entry in entries[:SHOWN]:
        known = entry.after
        name = " ".join(filter(None, (known.rule, known.subject, known.attribute)))
        said = entry.finding.message if entry.finding else titles.get(known.rule, "")
        page.ends([mark, (name, "bold")], _fate(entry))
        page.line(said, indent=2)
    _end_section(page, len(entries))


def _end_section(page: TerminalPage, entries: int) -> None:
    if entries > SHOWN:
        page.line(f"… and {entries - SHOWN:,} more", indent=2)
    if entries:
        page.gap()


def _fate(entry: FindingTransition) -> str:
    if entry.after.state is State.RESOLVED and entry.after.resolution:
        return entry.after.resolution.value.replace("_", " ")
    if entry.waiver:
        return f"by {entry.waiver.owner} until {entry.waiver.expires}"
    return "not yet for long enough"


def _who(change: Change) -> str:
    if change.confidence is Confidence.UNKNOWN:
        return (
            f"by whom is not known{f': {change.unknown_reason}' if change.unknown_reason else ''}"
        )
    names = " or ".join(f"{each.name}, {format_time(each.at)}" for each in change.actors)
    return f"by {names} ({change.confidence})"
