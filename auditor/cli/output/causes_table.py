"""The stored causes of a target as a table."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from auditor.cli.output.page import FACT_SEPARATOR, SEVERITY_STYLES, TerminalPage
from auditor.cli.output.table import Cell, Row, TableColumn, print_table
from auditor.cli.stored_causes import KnownCause
from auditor.cli.stored_findings import state_label, subject_of
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.cause_summary import findings_in_words
from auditor.text import SHORT_ID, affected_text, count

_MAX_CAUSES = 40
"""The most causes that are listed. ``--format json`` has all findings."""

_COLUMNS = (
    TableColumn(title="ID"),
    TableColumn(title="SEVERITY"),
    TableColumn(title="CAUSE", takes_rest=True),
    TableColumn(title="USERS", align="right"),
)


def print_causes(page: TerminalPage, causes: Sequence[KnownCause], now: datetime) -> None:
    """Write three lines for each cause: what it is; state, actor, owner and due date; findings."""
    shown = causes[:_MAX_CAUSES]
    rows = list(map(_row, shown))
    print_table(page, _COLUMNS, rows, [tuple(_details(each, now)) for each in shown])
    page.gap()
    if rest := len(causes) - len(shown):
        page.line(f"and {count(rest, 'cause')} more: auditor findings --format json")


def _row(cause: KnownCause) -> Row:
    return (
        Cell(cause.id[:SHORT_ID]),
        Cell(cause.severity, SEVERITY_STYLES[cause.severity]),
        Cell(cause.title),
        Cell(affected_text(cause.affected, is_counting=cause.is_counting)),
    )


def _details(cause: KnownCause, now: datetime) -> Iterator[str]:
    change = cause.change
    actors = " or ".join(each.name for each in change.actors) if change else ""
    lead = cause.lead
    # A resolved cause keeps the age that it had when it was resolved.
    end = lead.resolved_at if lead.state is State.RESOLVED else now
    age = short_age((end or now) - cause.opened_at)
    facts = [f"{state_label(cause.worst, now).capitalize()}, age {age}"]
    facts += [f"by {actors} ({change.confidence})"] if change and actors else []
    worst = cause.worst
    facts += [worst.owner] if worst.owner else []
    if worst.due_at:
        facts.append(f"{'was due' if worst.due_at < now else 'due'} {worst.due_at:%Y-%m-%d}")
    yield FACT_SEPARATOR.join(facts)
    if len(cause.findings) == 1 and not cause.grouped:
        yield f"{lead.rule} {subject_of(lead)}"
    else:
        findings = findings_in_words(len(cause.findings) + cause.grouped, cause.grouped)
        waived = f", {cause.waived:,} waived" if cause.waived else ""
        yield f"{', '.join(cause.rules)}: {findings}{waived}"


def short_age(age: timedelta) -> str:
    """Write an age in its largest unit: ``35d``, ``4h``, ``12m``."""
    minutes = max(0, int(age.total_seconds() // 60))
    for unit, length in (("d", 1440), ("h", 60)):
        if minutes >= length:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"
