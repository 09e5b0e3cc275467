"""Thousands of findings in one page that still opens in a blink.

The worst are told in full, the next on a line each, the rest is a number; every rule has its say.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from auditor.judge.report import Report
from auditor.judge.report_findings import Condition, ReportedFinding
from auditor.judge.report_rules import ReportedRule

FEW = 500
"""Up to so many findings the page is small; beyond, it may be larger."""

ROOM = 215_000
"""Bytes for the findings of a small page, which is to stay under 300 kB."""

LARGE_ROOM = 800_000
"""Bytes for those of a large one, which is to stay under 1 MB."""

ROOM_FOR_CARDS = 90_000
"""Bytes of it for findings told in full."""

TURN = 20
"""So many findings of a rule come before the next rule has its turn."""

EVERYBODY = 100
SOME = 5
"""So many of the affected are named in a card: all that are kept, or a few where space is short."""

LARGE_CARD = 8_000
"""Bytes from which on a card names only some of the affected."""

Card = Callable[[ReportedFinding, int], Markup]
Row = Callable[[ReportedFinding], Markup]


@dataclass(slots=True, kw_only=True)
class Group:
    """The findings of one rule, as markup."""

    rule: str
    about: ReportedRule | None
    """``None``: the rule is gone, and with it what it says of itself."""

    cards: list[Markup] = field(default_factory=list)
    rows: list[Markup] = field(default_factory=list)
    left_out: int = 0
    findings: list[ReportedFinding] = field(default_factory=list)

    def count(self, *conditions: Condition) -> int:
        """Return how many of its findings are in one of these conditions."""
        return sum(finding.condition in conditions for finding in self.findings)

    @property
    def open(self) -> int:
        """Return how many of its findings are open."""
        return sum(finding.is_open for finding in self.findings)


def fit(report: Report, *, card: Card, row: Row) -> tuple[Group, ...]:
    """Choose how each finding that is not resolved is told; groups come worst first."""
    about = {rule.id: rule for rule in report.rules}
    groups: dict[str, Group] = {}
    for finding in report.findings:
        if finding.condition is not Condition.RESOLVED:
            group = groups.setdefault(
                finding.rule, Group(rule=finding.rule, about=about.get(finding.rule))
            )
            group.findings.append(finding)
    shown = sum(len(group.findings) for group in groups.values())
    room = ROOM if shown <= FEW else LARGE_ROOM
    room_for_cards = ROOM_FOR_CARDS
    for group, finding in _by_turns(groups):
        full = _card(card, finding) if room_for_cards > 0 else None
        if full and len(full.encode()) <= room_for_cards:
            group.cards.append(full)
            room_for_cards -= len(full.encode())
            room -= len(full.encode())
            continue
        line = row(finding) if room > 0 else None
        if line and len(line.encode()) <= room:
            group.rows.append(line)
            room -= len(line.encode())
        else:
            group.left_out += 1
    return tuple(groups.values())


def _by_turns(groups: dict[str, Group]) -> Iterator[tuple[Group, ReportedFinding]]:
    turns: defaultdict[int, list[tuple[Group, ReportedFinding]]] = defaultdict(list)
    for group in groups.values():
        for number, finding in enumerate(group.findings):
            turns[number // TURN].append((group, finding))
    for turn in sorted(turns):
        yield from turns[turn]


def _card(card: Card, finding: ReportedFinding) -> Markup:
    full = card(finding, EVERYBODY)
    return full if len(full.encode()) <= LARGE_CARD else card(finding, SOME)
