"""A side (Okta or Unleash) of which nothing could be read, for a single cause. Pure."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import MissingData
from auditor.domain.permissions import SIDES, Side, reads_any
from auditor.domain.remediation.missing_data import side_remediation
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.verdicts import Verdict
from auditor.rule.results import MissingDataReason, Reason


class UnreadableSide(Struct, frozen=True, kw_only=True):
    """Okta or Unleash, and why nothing could be read."""

    side: str
    cause: str
    remediation: str
    collections: frozenset[str]
    """Names of the collections that are missing for this cause."""

    def __str__(self) -> str:
        return f"{self.side}: nothing could be read: {self.cause}"


class UnreadableSides(Struct, frozen=True, kw_only=True):
    """The sides of which nothing could be read."""

    sides: tuple[UnreadableSide, ...] = ()

    def behind(self, reason: Reason) -> tuple[UnreadableSide, ...]:
        """Return the sides to which a missing collection belongs; none for other reasons."""
        if not isinstance(reason, MissingDataReason):
            return ()
        return tuple(side for side in self.sides if reason.collection in side.collections)

    def sides_behind(self, verdict: Verdict) -> frozenset[str]:
        """Return the names of the sides that alone leave a rule unknown; empty: others do too."""
        behind = [self.behind(each) for each in verdict.unknown_reasons]
        if not verdict.has_unknown or not all(behind):
            return frozenset()
        return frozenset(side.side for sides in behind for side in sides)


def unreadable_sides(snapshot: Snapshot) -> UnreadableSides:
    """Return the sides of which nothing could be read, each with its single cause."""
    return UnreadableSides(sides=tuple(each for side in SIDES for each in _unread(side, snapshot)))


def _unread(side: Side, snapshot: Snapshot) -> Iterator[UnreadableSide]:
    prefix = f"{side.name.lower()}."
    missing = {name: gap for name, gap in snapshot.missing.items() if name.startswith(prefix)}
    # Each collection has its own endpoint, so the gaps are compared without it.
    causes: set[MissingData] = {replace(gap, endpoint="") for gap in missing.values()}
    if len(causes) == 1 and not reads_any(side, snapshot):
        (cause,) = causes
        yield UnreadableSide(
            side=side.name,
            cause=cause.cause,
            remediation=side_remediation(side, cause),
            collections=frozenset(missing),
        )
