"""A side of which nothing at all could be read, for one cause: said once instead of rule by rule.

Pure.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import MissingData
from auditor.domain.permissions import SIDES, Side, reads_any
from auditor.domain.remediation.missing_data import side_remediation
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.verdicts import LISTED, Verdict


class UnreadableSide(Struct, frozen=True, kw_only=True):
    """Okta or Unleash, and what keeps the auditor out."""

    side: str
    cause: str
    remediation: str
    gaps: frozenset[str]
    """Each collection's absence, as the rules' reasons quote it."""

    def __str__(self) -> str:
        return f"{self.side}: nothing could be read: {self.cause}"


class UnreadableSides(Struct, frozen=True, kw_only=True):
    """The sides that are shut out, and what else is missing."""

    sides: tuple[UnreadableSide, ...] = ()
    elsewhere: frozenset[str] = frozenset()

    def behind(self, reason: str) -> tuple[UnreadableSide, ...]:
        """Return the sides that a reason comes down to; none when it has another part as well."""
        if any(gap in reason for gap in self.elsewhere):
            return ()
        return tuple(side for side in self.sides if any(gap in reason for gap in side.gaps))

    def sides_behind(self, verdict: Verdict) -> frozenset[str]:
        """Return the sides for which alone a rule is blind, by name."""
        reasons = [each for each in verdict.reasons if LISTED not in each]
        behind = [self.behind(each) for each in reasons]
        if not verdict.has_unknown or not all(behind):
            return frozenset()
        return frozenset(side.side for sides in behind for side in sides)


def unreadable_sides(snapshot: Snapshot) -> UnreadableSides:
    """Find the sides that are shut out."""
    sides = tuple(shut for side in SIDES for shut in _shut_out(side, snapshot))
    told = frozenset[str]().union(*(each.gaps for each in sides))
    return UnreadableSides(
        sides=sides, elsewhere=frozenset(map(str, snapshot.missing.values())) - told
    )


def _shut_out(side: Side, snapshot: Snapshot) -> Iterator[UnreadableSide]:
    prefix = f"{side.name.lower()}."
    gaps = [gap for name, gap in snapshot.missing.items() if name.startswith(prefix)]
    causes: set[MissingData] = {replace(gap, endpoint="") for gap in gaps}
    if len(causes) == 1 and not reads_any(side, snapshot):
        (cause,) = causes
        yield UnreadableSide(
            side=side.name,
            cause=cause.cause,
            remediation=side_remediation(side, cause),
            gaps=frozenset(map(str, gaps)),
        )
