"""Thousands of findings in one page that still opens in a blink.

The worst are told in full, the next on a line each, the rest is a number; every rule has its say.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from auditor.engine.views.report import Report
from auditor.engine.views.report_findings import Condition, ReportedFinding
from auditor.engine.views.report_rules import ReportedRule

FEW = 500
"""Up to so many findings a page is small."""

SMALL = 295_000
LARGE = 990_000
"""Bytes of a page, at most."""

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
class RuleGroup:
    """The findings of one rule, and the markup of those that have room on the page."""

    rule: str
    about: ReportedRule | None
    """``None``: the rule is gone, and with it what it says of itself."""

    findings: list[ReportedFinding] = field(default_factory=list)
    """Worst first: the ``cards`` tell of the first of them, the ``rows`` of the next."""

    cards: list[Markup] = field(default_factory=list)
    rows: list[Markup] = field(default_factory=list)

    @property
    def left_out(self) -> Sequence[ReportedFinding]:
        """Those that are only counted."""
        return self.findings[len(self.cards) + len(self.rows) :]

    @property
    def open(self) -> int:
        """How many are open."""
        return sum(finding.is_open for finding in self.findings)

    def count(self, *conditions: Condition) -> int:
        """Return how many are in one of these conditions."""
        return sum(finding.condition in conditions for finding in self.findings)


def grouped_by_rule(report: Report) -> tuple[RuleGroup, ...]:
    """Group what is not resolved, the worst group first."""
    about = {rule.id: rule for rule in report.rules}
    groups: dict[str, RuleGroup] = {}
    for finding in report.findings:
        if finding.condition is not Condition.RESOLVED:
            rule = finding.rule
            group = groups.setdefault(rule, RuleGroup(rule=rule, about=about.get(rule)))
            group.findings.append(finding)
    return tuple(groups.values())


def fill(groups: Sequence[RuleGroup], frame: int, *, card: Card, row: Row) -> None:
    """Fill a page of which ``frame`` bytes are taken: a third with cards, the rest with rows."""
    few = sum(len(group.findings) for group in groups) <= FEW
    room = (SMALL if few else LARGE) - frame
    waiting = deque(_by_turns(groups))
    room -= _fill(waiting, room // 3, lambda group: group.cards, lambda each: _card(card, each))
    _fill(waiting, room, lambda group: group.rows, row)


def _fill(
    waiting: deque[tuple[RuleGroup, ReportedFinding]],
    room: int,
    place: Callable[[RuleGroup], list[Markup]],
    markup_of: Row,
) -> int:
    """Take findings from the front for as long as their markup has room; return the bytes used."""
    used = 0
    while waiting:
        group, finding = waiting[0]
        markup = markup_of(finding)
        size = len(markup.encode())
        if used + size > room:
            break
        used += size
        place(group).append(markup)
        waiting.popleft()
    return used


def _by_turns(groups: Sequence[RuleGroup]) -> Iterator[tuple[RuleGroup, ReportedFinding]]:
    turns: defaultdict[int, list[tuple[RuleGroup, ReportedFinding]]] = defaultdict(list)
    for group in groups:
        for number, finding in enumerate(group.findings):
            turns[number // TURN].append((group, finding))
    for turn in sorted(turns):
        yield from turns[turn]


def _card(card: Card, finding: ReportedFinding) -> Markup:
    full = card(finding, EVERYBODY)
    return full if len(full.encode()) <= LARGE_CARD else card(finding, SOME)
