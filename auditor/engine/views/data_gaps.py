"""Missing data by cause: collections, reason, rules that depend on them, remediation. Pure."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.remediation.missing_data import missing_data_remediation
from auditor.engine.audit_history import StoredAudit, StoredVerdict
from auditor.rule.results import MissingDataReason, Reason

MAX_COLLECTIONS = 3
"""Collections of one gap that a sentence names."""


class DataGap(Struct, frozen=True, kw_only=True):
    """Collections that the last audit could not read, for one reason."""

    collections: tuple[str, ...]
    endpoints: tuple[str, ...]
    missing: MissingData
    """The reason; its endpoint is a count if there are several."""

    remediation: str
    """What to grant or to check."""

    rules: tuple[str, ...] = ()
    """Rules that are not evaluated because of it."""

    def explains(self, reason: Reason) -> bool:
        """Return whether ``reason`` names one of these collections as missing."""
        return isinstance(reason, MissingDataReason) and reason.collection in self.collections

    def __str__(self) -> str:
        """Return one line: ``okta.log: forbidden (403) at GET /api/v1/logs``."""
        rest = len(self.collections) - MAX_COLLECTIONS
        names = ", ".join(self.collections[:MAX_COLLECTIONS]) + (
            f" and {rest} more" if rest > 0 else ""
        )
        return f"{names}: {self.missing}"


def data_gaps(audit: StoredAudit, verdicts: Iterable[StoredVerdict]) -> Iterator[DataGap]:
    """Yield the gaps of an audit, the one with the most collections first."""
    unknown = [verdict for verdict in verdicts if verdict.has_unknown]
    alike: dict[tuple[MissingData, str], dict[str, MissingData]] = {}
    for name, missing in sorted(audit.missing.items()):
        # This is known: the target does not have the data, so there is no gap to close.
        if missing.why is not MissingReason.NOT_ON_THIS_EDITION:
            key = replace(missing, endpoint=""), missing_data_remediation(name, missing)
            alike.setdefault(key, {})[name] = missing
    for (cause, remediation), gaps in sorted(alike.items(), key=lambda each: -len(each[1])):
        endpoints = tuple(dict.fromkeys(each.endpoint for each in gaps.values()))
        where = endpoints[0] if len(endpoints) == 1 else f"{len(endpoints)} endpoints"
        gap = DataGap(
            collections=tuple(gaps),
            endpoints=endpoints,
            missing=replace(cause, endpoint=where),
            remediation=remediation,
        )
        rules = (each.rule for each in unknown if any(map(gap.explains, each.reasons)))
        yield replace(gap, rules=tuple(rules))
