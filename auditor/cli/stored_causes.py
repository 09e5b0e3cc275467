"""Stored findings by cause. Pure, apart from the count of grouped findings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.cli.stored_findings import KnownFinding
from auditor.engine.audit_history import StoredChange
from auditor.engine.causes.cause_title import lead_title
from auditor.engine.views.target_report.report_causes import affected_users
from auditor.rule.severity import Severity

if TYPE_CHECKING:
    from auditor.store.store import Store


class KnownCause(Struct, frozen=True, kw_only=True):
    """One cause with its stored findings."""

    id: str
    title: str
    findings: tuple[KnownFinding, ...]
    """The finding that leads the cause first, then worst first."""

    grouped: int
    """Findings that are listed under the root cause."""

    affected: int
    """The least number of distinct users: a finding stores only the first hundred."""

    opened_at: datetime

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of the findings, the leading one first."""
        return tuple(dict.fromkeys(each.rule for each in self.findings))

    @property
    def lead(self) -> KnownFinding:
        """The finding that leads the cause while it is listed, else the worst one."""
        return self.findings[0]

    @property
    def worst(self) -> KnownFinding:
        """The most severe finding without a waiver, if there is one.

        The cause has its severity, owner and due date.
        """
        return max(self.findings, key=lambda each: (not each.waived, each.severity.rank))

    @property
    def change(self) -> StoredChange | None:
        """The change that explains the leading finding; ``None`` if it does not explain all.

        A finding without a change of its own follows from the leading one.
        """
        others = {each.change for each in self.findings if each.change} - {self.lead.change}
        return None if others else self.lead.change

    @property
    def severity(self) -> Severity:
        """The severity of the worst finding."""
        return self.worst.severity

    @property
    def is_counting(self) -> bool:
        """Whether the next full audit counts the affected users of a finding."""
        return any(each.is_counting for each in self.findings)

    @property
    def waived(self) -> int:
        """Findings with a waiver."""
        return sum(each.waived for each in self.findings)


def known_causes(
    findings: Iterable[KnownFinding], grouped: Mapping[str, int], titles: Mapping[str, str]
) -> tuple[KnownCause, ...]:
    """Return the causes of ``findings``, worst first.

    ``grouped`` counts the grouped findings of each cause. ``titles`` are the problem titles.
    """
    members: defaultdict[str, list[KnownFinding]] = defaultdict(list)
    for each in findings:
        members[each.cause or each.id].append(each)
    causes = (_cause(id_, theirs, grouped.get(id_, 0), titles) for id_, theirs in members.items())
    return tuple(sorted(causes, key=lambda each: (-each.severity.rank, -each.affected, each.id)))


def grouped_findings(store: "Store", target: str) -> dict[str, int]:
    """Return how many findings are listed under the root cause of each open cause."""
    state = store.incidents.notified_state(target)
    return {id_: len(each.grouped) for id_, each in state.causes.items()} if state else {}


def _cause(
    id_: str, findings: list[KnownFinding], grouped: int, titles: Mapping[str, str]
) -> KnownCause:
    # The sort is stable: behind the leading finding, the others stay worst first.
    findings = sorted(findings, key=lambda each: each.id != id_)
    lead = findings[0]
    title, _ = lead_title(
        lead.rule,
        lead.subject,
        attribute=lead.attribute,
        kind=lead.kind,
        names=(each.subject_name for each in findings if each.rule == lead.rule),
        evidence=lead.evidence,
        findings=sum(each.rule == lead.rule for each in findings),
        titles=titles,
    )
    return KnownCause(
        id=id_,
        title=title,
        findings=tuple(findings),
        grouped=grouped,
        affected=affected_users(findings),
        opened_at=min(each.opened_at or each.first_seen_at for each in findings),
    )
