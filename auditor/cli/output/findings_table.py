"""The stored findings of a target as a table."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from auditor.cli.output.causes_table import print_causes, short_age
from auditor.cli.output.page import SEVERITY_STYLES, TerminalPage, format_time
from auditor.cli.output.table import Cell, Row, TableColumn, print_table
from auditor.cli.stored_causes import KnownCause
from auditor.cli.stored_findings import Findings, KnownFinding, state_label, subject_of
from auditor.engine.findings.tracked_findings import State
from auditor.text import SHORT_ID, affected_text, count

_MAX_PER_RULE = 10
"""The most findings of one rule that are listed, unless ``--rule`` names the rule."""

_COLUMNS = (
    TableColumn(title="ID"),
    TableColumn(title="SEVERITY"),
    TableColumn(title="STATE"),
    TableColumn(title="AGE", align="right"),
    TableColumn(title="FINDING", takes_rest=True),
    TableColumn(title="AFFECTED", align="right"),
)


def print_findings(
    listed: Findings,
    *,
    audited_at: datetime | None,
    unknown: int,
    filters: str,
    is_open_listed: bool,
    complete: bool,
    causes: Sequence[KnownCause],
    now: datetime,
    target_option: str = "",
) -> None:
    """Write a heading, the causes or else the findings, and what the list does not show.

    ``unknown`` is the number of rules that the last audit could not evaluate. ``filters`` names
    what is listed: "open finding". ``complete``: list all findings of a rule.
    """
    page = TerminalPage()
    if audited_at is None:
        page.line((listed.target, "bold"), ": never audited. `auditor run` audits it.")
        return
    findings = listed.findings
    heading = count(len(findings), filters, filters.replace("finding", "findings", 1))
    if causes:
        grouped = sum(each.grouped for each in causes)
        # The heading counts like that of `auditor run`. Grouped findings are not open themselves.
        more = f" and {grouped:,} grouped" if grouped else ""
        heading = f"{count(len(causes), 'cause')}, {heading}{more}"
    page.line(
        (heading if findings else f"No {filters}", "bold"),
        f" · {listed.target} · audit of ",
        format_time(audited_at),
    )
    page.gap()
    if causes:
        print_causes(page, causes, now)
    elif findings:
        _print_rows(page, findings, complete=complete, now=now)
    # "No finding" is not "all clear" while a rule is unknown.
    if unknown and is_open_listed:
        rules = count(unknown, "rule was", "rules were")
        page.line(
            f"{rules} not evaluated: this list may be incomplete. See `auditor history`.",
            label=("? ", "bold magenta"),
        )
    if findings:
        first = causes[0].id if causes else findings[0].id
        page.line(f"auditor findings {first[:SHORT_ID]}{target_option}", label="Details   ")
        if causes and len(causes) < len(findings):
            page.line(f"auditor findings --all{target_option}", label="Each one  ")
    page.gap()


def _print_rows(
    page: TerminalPage, findings: tuple[KnownFinding, ...], *, complete: bool, now: datetime
) -> None:
    shown: list[KnownFinding] = []
    listed = Counter[str]()
    for finding in findings:
        listed[finding.rule] += 1
        if complete or listed[finding.rule] <= _MAX_PER_RULE:
            shown.append(finding)
    details = [(f"{each.rule} {subject_of(each)}",) for each in shown]
    print_table(page, _COLUMNS, [_row(each, now) for each in shown], details)
    page.gap()
    for rule, total in listed.items():
        if not complete and total > _MAX_PER_RULE:
            page.line(f"and {total - _MAX_PER_RULE:,} more: auditor findings --rule {rule}")


def _row(finding: KnownFinding, now: datetime) -> Row:
    end = finding.resolved_at if finding.state is State.RESOLVED else now
    start = finding.opened_at or finding.first_seen_at
    return (
        Cell(finding.id[:SHORT_ID]),
        Cell(finding.severity, SEVERITY_STYLES[finding.severity]),
        Cell(state_label(finding, now)),
        Cell(short_age((end or now) - start)),
        Cell(finding.message or "Details are no longer stored"),
        Cell(affected_text(finding.affected_count, is_counting=finding.is_counting)),
    )
