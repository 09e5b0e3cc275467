"""The outcome of a run, told to a person at a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence

from auditor.cli.output import run_sections
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.open_findings import print_findings
from auditor.cli.output.page import STYLES, Part, TerminalPage
from auditor.cli.output.stderr import explain
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.unreadable_sides import UnreadableSides, unreadable_sides
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.tracked_findings import Novelty, Reconciled
from auditor.engine.views.run_summary import DeliverySummary, TargetSummary, summarize
from auditor.pipeline.audit import Outcome
from auditor.pipeline.batch import TargetResult
from auditor.text import count, format_time, list_some

NOTHING_DARK = UnreadableSides()

_ANSWERS = {
    VerdictStatus.FAIL: "failed",
    VerdictStatus.UNKNOWN: "blind",
    VerdictStatus.PASS: "passed",
    VerdictStatus.ATTESTED: "attested",
    VerdictStatus.NEEDS_ATTESTATION: "to attest",
    VerdictStatus.NOT_APPLICABLE: "not applicable",
}


def print_outcome(
    page: TerminalPage,
    evaluated: Evaluated,
    reconciled: Reconciled,
    changes: Sequence[Change],
    titles: Mapping[str, str],
    *,
    dark: UnreadableSides = NOTHING_DARK,
) -> None:
    """Write the findings worst first, then what else there is, and the verdict at the end."""
    run_sections.print_unreadable_sides(page, evaluated.verdicts, dark)
    print_findings(page, reconciled.open, changes, dark)
    run_sections.print_not_evaluated(page, evaluated.verdicts, dark)
    run_sections.print_grouped(page, reconciled)
    run_sections.print_other_transitions(page, reconciled, titles)
    run_sections.print_changes(page, changes)
    run_sections.print_manual_checks(page, reconciled.verdicts)
    run_sections.print_waivers(page, reconciled)
    page.line(count_findings(reconciled))
    page.line(count_answers(reconciled))
    page.line(headline(evaluated, reconciled))


def headline(evaluated: Evaluated, reconciled: Reconciled) -> Part:
    """Say in one sentence how things stand."""
    blind = sum(verdict.has_unknown for verdict in evaluated.verdicts)
    answers = Counter(verdict.status for verdict in reconciled.verdicts)
    if reconciled.open:
        worst = reconciled.open[0].after.severity
        more = f" {count(blind, 'rule')} could not see everything." if blind else ""
        return f"✗ Not as the guide demands; the worst is {worst}.{more}", f"bold {STYLES[worst]}"
    if blind:
        what = f"{count(blind, 'rule')} could not look"
        return f"? Nothing wrong was seen, but {what}: this is not clean.", "bold yellow"
    if not answers.keys() & {VerdictStatus.PASS, VerdictStatus.ATTESTED}:
        return "? No rule had anything to look at: this is not clean.", "bold yellow"
    if waiting := answers[VerdictStatus.NEEDS_ATTESTATION]:
        what = f"for {count(waiting, 'rule')} nobody has vouched"
        return f"✓ As the guide demands, as far as can be seen; {what}.", "bold green"
    return "✓ As the guide demands.", "bold green"


def count_findings(reconciled: Reconciled) -> str:
    """Count what stands open, by severity: ``3 open findings: 1 critical, 2 high``."""
    severities = Counter(entry.after.severity for entry in reconciled.open)
    worst_first = sorted(severities, key=lambda each: -each.rank)
    found = ", ".join(f"{severities[each]:,} {each}" for each in worst_first)
    return count(len(reconciled.open), "open finding") + (f": {found}" if found else "")


def count_answers(reconciled: Reconciled) -> str:
    """Count the rules by their answer: ``29 rules: 2 failed, 1 blind, 26 passed``."""
    answers = Counter(verdict.status for verdict in reconciled.verdicts)
    said = ", ".join(f"{answers[each]} {word}" for each, word in _ANSWERS.items() if answers[each])
    return count(len(reconciled.verdicts), "rule") + (f": {said}" if said else "")


def show(outcome: Outcome, titles: dict[str, str]) -> None:
    """Write one target's outcome for a person."""
    page = TerminalPage()
    target = outcome.snapshot.target
    page.ends([(outcome.target, "bold")], format_time(outcome.at))
    page.whole(f"{target.org_url} {target.app_id} → {target.unleash_url}")
    if outcome.delivered is None:
        page.line("A saved snapshot, judged again: nothing of this is remembered or told.")
    elif any(entry.novelty is Novelty.BASELINE for entry in outcome.reconciled.transitions):
        page.line("First audit of this target: what stands is where it starts, not drift.")
    page.gap()
    dark = unreadable_sides(outcome.snapshot)
    print_outcome(page, outcome.evaluated, outcome.reconciled, outcome.changes, titles, dark=dark)
    page.gap()


def summary_of(audit: TargetResult, *, debug: bool) -> TargetSummary:
    """Sum it up for machines."""
    if audit.outcome is None:
        error = explain(audit.error, debug=debug) if audit.error else None
        return TargetSummary(target=audit.target, error=error)
    outcome, told = audit.outcome, audit.outcome.delivered
    return summarize(
        outcome.target,
        outcome.at,
        outcome.reconciled,
        outcome.changes,
        DeliverySummary(
            delivered=told.delivered, waiting=told.waiting, failed=told.failed, errors=told.errors
        )
        if told
        else None,
        causes=outcome.causes,
        not_exported=outcome.not_exported,
    )


NAMED = 10
"""So many targets are named in one line."""

ENDS = {
    ExitCode.UNUSABLE: "not audited",
    ExitCode.FINDINGS: "with findings",
    ExitCode.NOT_EVALUATED: "not all seen",
    ExitCode.NOT_DELIVERED: "not all told",
    ExitCode.OK: "clean",
}
CLEAN = frozenset({ExitCode.OK})


def total(codes: Mapping[str, frozenset[ExitCode]]) -> None:
    """Write how many targets ended in which way, worst first; one may be in several lines."""
    page = TerminalPage()
    page.line((count(len(codes), "target"), "bold"))
    for code, words in ENDS.items():
        names = sorted(name for name, true in codes.items() if code in (true or CLEAN))
        if names:
            page.line(list_some(names, len(names), NAMED), label=f"  {len(names):>6,}  {words}: ")
