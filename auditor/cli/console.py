"""The outcome of a run, told to a person at a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence

from auditor.cli import sections
from auditor.cli.findings import STYLES, tell_findings
from auditor.cli.page import Page, Part
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.unreadable_sides import UnreadableSides
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.text import count

NOTHING_DARK = UnreadableSides()

_ANSWERS = {
    VerdictStatus.FAIL: "failed",
    VerdictStatus.BLIND: "blind",
    VerdictStatus.PASS: "passed",
    VerdictStatus.ATTESTED: "attested",
    VerdictStatus.UNATTESTED: "to attest",
    VerdictStatus.NOT_APPLICABLE: "not applicable",
}


def tell(
    page: Page,
    evaluated: Evaluated,
    delta: Reconciled,
    changes: Sequence[Change],
    titles: Mapping[str, str],
    *,
    dark: UnreadableSides = NOTHING_DARK,
) -> None:
    """Write the findings worst first, then what else there is, and the verdict at the end."""
    sections.tell_shut_out(page, evaluated.verdicts, dark)
    tell_findings(page, delta.open, changes, dark)
    sections.tell_blind(page, evaluated.verdicts, dark)
    sections.tell_explained(page, delta)
    sections.tell_others(page, delta, titles)
    sections.tell_changes(page, changes)
    sections.tell_unattested(page, delta.verdicts)
    sections.tell_waivers(page, delta)
    page.line(count_findings(delta))
    page.line(count_answers(delta))
    page.line(headline(evaluated, delta))


def headline(evaluated: Evaluated, delta: Reconciled) -> Part:
    """Say in one sentence how things stand."""
    blind = sum(verdict.is_blind for verdict in evaluated.verdicts)
    answers = Counter(verdict.status for verdict in delta.verdicts)
    if delta.open:
        worst = delta.open[0].after.severity
        more = f" {count(blind, 'rule')} could not see everything." if blind else ""
        return f"✗ Not as the guide demands; the worst is {worst}.{more}", f"bold {STYLES[worst]}"
    if blind:
        what = f"{count(blind, 'rule')} could not look"
        return f"? Nothing wrong was seen, but {what}: this is not clean.", "bold yellow"
    if not answers.keys() & {VerdictStatus.PASS, VerdictStatus.ATTESTED}:
        return "? No rule had anything to look at: this is not clean.", "bold yellow"
    if waiting := answers[VerdictStatus.UNATTESTED]:
        what = f"for {count(waiting, 'rule')} nobody has vouched"
        return f"✓ As the guide demands, as far as can be seen; {what}.", "bold green"
    return "✓ As the guide demands.", "bold green"


def count_findings(delta: Reconciled) -> str:
    """Count what stands open, by severity: ``3 open findings: 1 critical, 2 high``."""
    severities = Counter(entry.after.severity for entry in delta.open)
    worst_first = sorted(severities, key=lambda each: -each.rank)
    found = ", ".join(f"{severities[each]:,} {each}" for each in worst_first)
    return count(len(delta.open), "open finding") + (f": {found}" if found else "")


def count_answers(delta: Reconciled) -> str:
    """Count the rules by their answer: ``29 rules: 2 failed, 1 blind, 26 passed``."""
    answers = Counter(verdict.status for verdict in delta.verdicts)
    said = ", ".join(f"{answers[each]} {word}" for each, word in _ANSWERS.items() if answers[each])
    return count(len(delta.verdicts), "rule") + (f": {said}" if said else "")
