"""The open causes of a target, as readers see them. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from auditor.engine.causes.cause import Cause
from auditor.engine.causes.cause_title import cause_title
from auditor.engine.changes.diff import Change
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.incidents.cause_entries import CauseEntries, by_cause
from auditor.engine.incidents.incident import Incident
from auditor.rule.results import Remediation
from auditor.rule.severity import Severity
from auditor.text import count


class CauseSummary(Struct, frozen=True, kw_only=True):
    """One open cause."""

    id: str
    title: str
    """At most 60 characters."""

    short_title: str
    """At most 32 characters."""

    severity: Severity
    """Severity of the worst open finding."""

    rules: tuple[str, ...]
    """Rules of the open findings, sorted."""

    findings: int
    """Open findings without a waiver, and the findings that are grouped under them."""

    grouped: int = 0
    """Those of ``findings`` that are grouped under a root cause, and are therefore not open."""

    affected: int
    """Distinct affected users."""

    opened_at: datetime
    change: Change | None = None
    """The change that explains all findings of the cause."""

    remediation: Remediation | None = None
    """One remediation for all accounts of the cause."""

    owner: str | None = None
    """Owner of the worst open finding."""

    due_at: datetime | None = None
    """When the worst open finding is due."""


def summarize_causes(
    reconciled: Reconciled,
    causes: Mapping[str, Cause],
    titles: Mapping[str, str],
    deadlines: Deadlines | None = None,
    incidents: Mapping[str, Incident] | None = None,
) -> tuple[CauseSummary, ...]:
    """Return the causes with open findings, worst first.

    ``titles`` maps rule ids to titles. Without ``deadlines``, owner and due date are ``None``.
    ``incidents``: those after the audit, by cause. They keep the title of a cause of which this
    audit evaluated nothing.
    """
    summaries = (
        _summarize(entries, causes[id_], titles, deadlines, (incidents or {}).get(id_))
        for id_, entries in by_cause(reconciled, causes, ()).items()
        if entries.open and id_ in causes
    )
    return tuple(sorted(summaries, key=lambda each: (-each.severity.rank, -each.affected, each.id)))


def headline_of(causes: int, findings: int, affected: int, *, grouped: int) -> str:
    """Return the numbers in one line: ``2 causes, 142 findings (5 grouped), 711 users affected``.

    ``affected`` counts each user once, over all causes.
    """
    return (
        f"{count(causes, 'cause')}, {findings_in_words(findings, grouped)}, "
        f"{count(affected, 'user')} affected"
    )


def findings_in_words(findings: int, grouped: int) -> str:
    """Return ``12 findings (5 grouped)``; only the others are open, and listed one by one."""
    return count(findings, "finding") + (f" ({grouped:,} grouped)" if grouped else "")


def _summarize(
    entries: CauseEntries,
    cause: Cause,
    titles: Mapping[str, str],
    deadlines: Deadlines | None,
    incident: Incident | None,
) -> CauseSummary:
    title, short_title = cause_title(cause.id, entries.open, titles)
    if incident and not any(each.finding for each in entries.open):
        title = incident.state.title
    worst, counts = entries.open[0].after, entries.counts
    opened_at = worst.opened_at or worst.first_seen_at
    return CauseSummary(
        id=cause.id,
        title=title,
        short_title=short_title,
        severity=worst.severity,
        rules=entries.rules,
        findings=counts.open + entries.grouped,
        grouped=entries.grouped,
        affected=counts.affected,
        opened_at=cause.opened_at,
        change=cause.change,
        remediation=entries.remediation(),
        owner=deadlines.owner_of(worst.rule, cause.id) if deadlines else None,
        due_at=deadlines.due_at(worst.severity, opened_at) if deadlines else None,
    )
