"""The results of each pair of endpoint and fault, counted over all processes of a test run."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

PROPERTY = "pair"
"""The name under which a test's report carries its pair from worker to controller."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One endpoint under one fault. Plain values only, since it travels between processes."""

    where: str
    fault: str
    missing: int
    """The number of missing collections, with the reason."""

    unknown_rules: list[str]
    """The rules that became unknown."""

    wrong_passes: list[str]
    wrong_resolves: list[str]
    made_up: list[str]

    def as_property(self) -> dict[str, object]:
        """Return plain values for a test report."""
        return asdict(self)


def quoted(pairs: Collection[Pair]) -> str:
    """Return the row of docs/testing.md for all pairs."""
    numbers = _counts(pairs)
    kept = ("pairs", "missing", "read all the same", "wrong passes", "wrong resolves")
    return f"| {' | '.join(str(numbers[head]) for head in kept)} |"


def table(pairs: Iterable[Pair]) -> list[str]:
    """Return a Markdown table by endpoint."""
    by_place: dict[str, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda each: each.where):
        by_place.setdefault(pair.where, []).append(pair)
    everything = [pair for part in by_place.values() for pair in part]
    heads = ("where", *_counts(()))
    rule = "|".join(["---", *("--:" for _ in heads[1:])])
    rows = [_row(f"`{place}`", part) for place, part in by_place.items()]
    return [f"| {' | '.join(heads)} |", f"|{rule}|", *rows, _row("**all**", everything)]


def _row(name: str, pairs: Collection[Pair]) -> str:
    return f"| {' | '.join((name, *map(str, _counts(pairs).values())))} |"


def _counts(pairs: Collection[Pair]) -> dict[str, int]:
    return {
        "pairs": len(pairs),
        "missing": sum(bool(pair.missing) for pair in pairs),
        "read all the same": sum(not pair.missing for pair in pairs),
        "unknown_rules": len({rule for pair in pairs for rule in pair.unknown_rules}),
        "wrong passes": sum(len(pair.wrong_passes) for pair in pairs),
        "wrong resolves": sum(len(pair.wrong_resolves) for pair in pairs),
        "made up": sum(len(pair.made_up) for pair in pairs),
    }
