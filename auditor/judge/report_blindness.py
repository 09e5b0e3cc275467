"""What was in the way of telling, and what would mend it: one cause is one blind spot. Pure."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from auditor.judge.evaluate import Status
from auditor.judge.history import StoredRun, StoredVerdict
from auditor.world.permissions import OKTA_PERMISSIONS, UNLEASH_PERMISSIONS
from auditor.world.snapshot import Missing, Why

NAMED = 3
"""So many collections of one spot are named in a sentence."""

_PERMISSIONS = (*OKTA_PERMISSIONS, *UNLEASH_PERMISSIONS)
_REFUSED = 401
_REMEDIES = {
    Why.NOT_FOUND: "Check the address and the app id in the configuration.",
    Why.NOT_CONFIGURED: "Configure it, if it is wanted.",
    Why.RATE_LIMITED: "Run the audit at another time, or raise the token's share of the limit.",
    Why.TIMEOUT: "Check the way from the auditor to there; the next run tries again.",
    Why.NETWORK: "Check the way from the auditor to there; the next run tries again.",
    Why.BAD_PAYLOAD: "The answer is not what the API promises; the next run tries again.",
    Why.TRUNCATED: "The list broke off; the next run tries again.",
}


class BlindSpot(Struct, frozen=True, kw_only=True):
    """Parts of the world that the last run did not see, for one cause."""

    collections: tuple[str, ...]
    endpoints: tuple[str, ...]
    missing: Missing
    """With how many endpoints there are in place of the endpoint, if there are several."""

    remedy: str
    """What to grant, or to look at."""

    blinds: tuple[str, ...] = ()
    """Rules that say that they are blind for want of it."""

    def explains(self, reason: str) -> bool:
        """Tell whether a rule that says ``reason`` is blind for want of it."""
        named = any(name in reason for name in self.collections)
        places = "|".join(map(re.escape, self.endpoints))
        return named or bool(re.search(rf" at ({places})(?![\w/-])", reason))

    def __str__(self) -> str:
        """Say it in one line: ``okta.log: forbidden (403) at GET /api/v1/logs``."""
        rest = len(self.collections) - NAMED
        names = ", ".join(self.collections[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
        return f"{names}: {self.missing}"


def blind_spots(run: StoredRun, verdicts: Iterable[StoredVerdict]) -> Iterator[BlindSpot]:
    """Tell what the run did not see, whom that blinds, and what would mend it; the widest first."""
    blind = [verdict for verdict in verdicts if verdict.status is Status.BLIND]
    alike: dict[tuple[Missing, str], dict[str, Missing]] = {}
    for name, missing in sorted(run.missing.items()):
        if missing.why is not Why.NOT_ON_THIS_EDITION:
            key = replace(missing, endpoint=""), _remedy(name, missing)
            alike.setdefault(key, {})[name] = missing
    for (cause, remedy), gaps in sorted(alike.items(), key=lambda each: -len(each[1])):
        endpoints = tuple(dict.fromkeys(gap.endpoint for gap in gaps.values()))
        where = endpoints[0] if len(endpoints) == 1 else f"{len(endpoints)} endpoints"
        spot = BlindSpot(
            collections=tuple(gaps),
            endpoints=endpoints,
            missing=replace(cause, endpoint=where),
            remedy=remedy,
        )
        blinds = (each.rule for each in blind if any(map(spot.explains, each.because)))
        yield replace(spot, blinds=tuple(blinds))


def _remedy(collection: str, missing: Missing) -> str:
    if missing.why is not Why.FORBIDDEN:
        return _REMEDIES[missing.why]
    if missing.status == _REFUSED:
        side = collection.partition(".")[0]
        return f"Issue a new credential and put it where target.{side} in the configuration says."
    grants = [each for each in _PERMISSIONS if collection in {one.name for one in each.collections}]
    refused = [each for each in grants if f" {each.paths}" in missing.endpoint]
    return " ".join(each.grant for each in refused or grants)
