"""What was in the way of telling, and what would mend it: one cause is one blind spot. Pure."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.remediation.missing_data import missing_data_remediation
from auditor.engine.audit_history import StoredRun, StoredVerdict
from auditor.rule.results import MissingDataReason, Reason

NAMED = 3
"""So many collections of one spot are named in a sentence."""


class DataGap(Struct, frozen=True, kw_only=True):
    """Parts of the context that the last run did not see, for one cause."""

    collections: tuple[str, ...]
    endpoints: tuple[str, ...]
    missing: MissingData
    """With how many endpoints there are in place of the endpoint, if there are several."""

    remediation: str
    """What to grant, or to look at."""

    rules: tuple[str, ...] = ()
    """Rules that say that they are blind for want of it."""

    def explains(self, reason: Reason) -> bool:
        """Return whether ``reason`` names one of these collections as missing."""
        return isinstance(reason, MissingDataReason) and reason.collection in self.collections

    def __str__(self) -> str:
        """Say it in one line: ``okta.log: forbidden (403) at GET /api/v1/logs``."""
        rest = len(self.collections) - NAMED
        names = ", ".join(self.collections[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
        return f"{names}: {self.missing}"


def blind_spots(run: StoredRun, verdicts: Iterable[StoredVerdict]) -> Iterator[DataGap]:
    """Tell what the run did not see, whom that blinds, and what would mend it; the widest first."""
    blind = [verdict for verdict in verdicts if verdict.has_unknown]
    alike: dict[tuple[MissingData, str], dict[str, MissingData]] = {}
    for name, missing in sorted(run.missing.items()):
        if missing.why is not MissingReason.NOT_ON_THIS_EDITION:
            key = replace(missing, endpoint=""), missing_data_remediation(name, missing)
            alike.setdefault(key, {})[name] = missing
    for (cause, remediation), gaps in sorted(alike.items(), key=lambda each: -len(each[1])):
        endpoints = tuple(dict.fromkeys(gap.endpoint for gap in gaps.values()))
        where = endpoints[0] if len(endpoints) == 1 else f"{len(endpoints)} endpoints"
        spot = DataGap(
            collections=tuple(gaps),
            endpoints=endpoints,
            missing=replace(cause, endpoint=where),
            remediation=remediation,
        )
        blinds = (each.rule for each in blind if any(map(spot.explains, each.reasons)))
        yield replace(spot, rules=tuple(blinds))
