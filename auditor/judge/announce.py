"""What a run has to tell, decided once and kept until it was told. Pure."""

from datetime import datetime

from msgspec import Struct

from auditor.judge.findings import Delta, Entry, Kind, Novelty, Shift
from auditor.rule import Severity


class Item(Struct, frozen=True, kw_only=True):
    """One finding, as much of it as a message needs."""

    id: str
    rule: str
    kind: Kind
    severity: Severity
    message: str
    affected_count: int
    affected: tuple[str, ...]
    """Names of the first ten."""

    since: datetime
    shift: Shift | None = None


class Announcement(Struct, frozen=True, kw_only=True):
    """Something to be told about one run of one target; whole in itself."""

    key: str
    """Names it for ever: delivering the same key twice is saying the same thing twice."""

    target: str
    at: datetime
    baseline: bool
    """The target's first run: what was found is where it stands, not drift."""

    items: tuple[Item, ...]
    open: dict[str, int]
    """Findings that stand open and are not waived, by severity."""

    blind: tuple[str, ...]
    """Rules that could not tell."""


def announce(delta: Delta, *, target: str, at: datetime) -> tuple[Announcement, ...]:
    """Return what is to be told: nothing at all when the run changed nothing."""
    items = tuple(_item(entry) for entry in delta.entries if _is_news(entry))
    if not items:
        return ()
    baseline = any(entry.novelty is Novelty.BASELINE for entry in delta.entries)
    counts = {severity.value: 0 for severity in sorted(Severity, key=lambda s: -s.rank)}
    for entry in delta.open:
        counts[entry.after.severity] += 1
    return (
        Announcement(
            key=f"run/{target}/{at.isoformat()}",
            target=target,
            at=at,
            baseline=baseline,
            items=items,
            open=counts,
            blind=tuple(v.rule for v in delta.verdicts if v.status == "blind"),
        ),
    )


def _is_news(entry: Entry) -> bool:
    if entry.kind in {Kind.NEW, Kind.REOPENED}:
        return entry.counts
    if entry.kind in {Kind.RESOLVED, Kind.RETIRED}:
        return not entry.after.waived
    return entry.shift in {Shift.WORSE, Shift.WAIVED} and entry.kind is Kind.PERSISTING


def _item(entry: Entry) -> Item:
    known, finding = entry.after, entry.finding
    return Item(
        id=known.id,
        rule=known.rule,
        kind=entry.kind,
        severity=known.severity,
        message=finding.message if finding else "",
        affected_count=known.affected_count,
        affected=tuple(each.name for each in finding.affected[:10]) if finding else (),
        since=(finding.since if finding and finding.since else known.first_seen_at),
        shift=entry.shift,
    )
