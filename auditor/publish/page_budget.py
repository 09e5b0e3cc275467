"""Which findings a page shows in full, which as table rows, and which only as a number.

A page has at most 300 kB for 500 findings, and 1 MB for any number. No rule is left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from auditor.engine.causes.cause_remediation import cause_remediation
from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_causes import ReportedCause
from auditor.engine.views.target_report.report_findings import Condition, ReportedFinding
from auditor.engine.views.target_report.report_rules import ReportedRule
from auditor.rule.results import Remediation

FEW_FINDINGS = 500
"""The most findings for which the smaller limit applies."""

SMALL_PAGE_BYTES = 295_000
LARGE_PAGE_BYTES = 990_000

DETAILED_PER_CAUSE = 3
"""More findings of one cause are a table."""

CAUSE_ROWS_PER_TURN = 20
"""Rows of a cause that are added before those of the next cause."""

ALL_LISTED = 100
SOME_LISTED = 5
"""Affected users of a finding in full: all that are stored, or a few if it gets too large."""

LARGE_DETAILS_BYTES = 24_000

MAX_COLUMNS = 3
"""Evidence columns of a table."""

Details = Callable[[ReportedFinding, int, bool], Markup]
"""Called with a finding, the largest number of its users, and whether its dates and remediation are
shown. Returns the markup."""

Row = Callable[[ReportedFinding, tuple[str, ...]], Markup]


@dataclass(slots=True, kw_only=True)
class FindingGroup:
    """Findings that the page shows together, and their markup."""

    key: str
    """Id of the cause, ``pending`` or ``accepted``."""

    cause: ReportedCause | None
    about: ReportedRule | None
    """``None``: several rules, or the rule was removed."""

    findings: list[ReportedFinding] = field(default_factory=list)
    """The leading finding first, then the most severe: ``details`` shows the first ones, ``rows``
    the next ones."""

    details: list[Markup] = field(default_factory=list)
    rows: list[Markup] = field(default_factory=list)

    @property
    def is_table(self) -> bool:
        """Return whether the page shows the findings as rows of a table, instead of in full."""
        return self.cause is None or len(self.findings) > DETAILED_PER_CAUSE

    @property
    def is_alone(self) -> bool:
        """Return whether the group is a single finding, which has its own dates and remediation."""
        return len(self.findings) == 1

    @property
    def is_of_lone_causes(self) -> bool:
        """Return whether each finding is its own cause, so that the group is not a cause itself."""
        causes = {each.cause for each in self.findings}
        return self.cause is not None and len(causes) == len(self.findings) > 1 and all(causes)

    @property
    def is_about_users(self) -> bool:
        """Return whether each finding concerns one user."""
        return all(len(each.affected) == 1 for each in self.findings)

    @property
    def columns(self) -> tuple[str, ...]:
        """Evidence fields that most findings have, such as *Last login* and *Root role*."""
        fields: dict[str, int] = {}
        for finding in self.findings:
            for each in finding.evidence:
                fields[each.title] = fields.get(each.title, 0) + 1
        frequent = [name for name, times in fields.items() if times * 2 > len(self.findings)]
        return tuple(frequent[:MAX_COLUMNS])

    @property
    def remediation(self) -> Remediation | None:
        """One remediation for all findings; ``None``: none is stored."""
        return cause_remediation(self.key.removeprefix("c-"), self.findings)

    @property
    def left_out(self) -> Sequence[ReportedFinding]:
        """Findings that are only counted."""
        return self.findings[len(self.details) + len(self.rows) :]


def group_findings(report: Report) -> tuple[FindingGroup, ...]:
    """Group what is not resolved: by cause, then pending, then accepted findings."""
    about = {rule.id: rule for rule in report.rules}
    by_id = {finding.id: finding for finding in report.findings}
    groups = [
        FindingGroup(
            key=cause.id,
            cause=cause,
            about=about.get(cause.rule),
            findings=sorted(
                (by_id[each] for each in cause.findings),
                # The sort is stable: behind the leading finding, the others stay in the order of
                # severity.
                key=lambda each: f"c-{each.id}" != cause.id,
            ),
        )
        for cause in report.causes
    ]
    for key, condition in (("pending", Condition.PENDING), ("accepted", Condition.WAIVED)):
        findings = [each for each in report.findings if each.condition is condition]
        if findings:
            groups.append(FindingGroup(key=key, cause=None, about=None, findings=findings))
    return tuple(groups)


def fill(groups: Sequence[FindingGroup], frame: int, *, details: Details, row: Row) -> None:
    """Fill a page that already has ``frame`` bytes.

    Findings in full take up to a third of the remaining bytes, then table rows take the rest.
    """
    few = sum(len(group.findings) for group in groups) <= FEW_FINDINGS
    room = (SMALL_PAGE_BYTES if few else LARGE_PAGE_BYTES) - frame
    room -= _add_details(groups, room // 3, details)
    # Once for each group, because it reads all findings of the group.
    columns = {group.key: group.columns for group in groups}
    for group, finding in _by_turns(groups):
        markup = row(finding, columns[group.key])
        room -= len(markup.encode())
        if room < 0:
            return
        group.rows.append(markup)


def _add_details(groups: Sequence[FindingGroup], room: int, details: Details) -> int:
    """Show the findings of small causes in full, up to ``room`` bytes. Return the bytes used."""
    used = 0
    for group in groups:
        if group.is_table:
            continue
        for finding in group.findings:
            markup = _fitting(details, finding, alone=group.is_alone)
            size = len(markup.encode())
            if used + size > room:
                return used
            used += size
            group.details.append(markup)
    return used


def _by_turns(groups: Sequence[FindingGroup]) -> Iterator[tuple[FindingGroup, ReportedFinding]]:
    # Lazily: of very many findings, the page has room for a few thousand.
    longest = max((len(group.findings) - len(group.details) for group in groups), default=0)
    for start in range(0, longest, CAUSE_ROWS_PER_TURN):
        for group in groups:
            first = len(group.details) + start
            for finding in group.findings[first : first + CAUSE_ROWS_PER_TURN]:
                yield group, finding


def _fitting(details: Details, finding: ReportedFinding, *, alone: bool) -> Markup:
    full = details(finding, ALL_LISTED, alone)
    is_small = len(full.encode()) <= LARGE_DETAILS_BYTES
    return full if is_small else details(finding, SOME_LISTED, alone)
