"""Who knows what is true of a world, and so what may be told of it when it is seen badly."""

from dataclasses import replace
from typing import Any

import msgspec

from auditor.collect.collector import collect
from auditor.collect.http.limits import Limits
from auditor.config.secrets import OktaCredentials, Secret
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox import Sandbox
from auditor.sandbox.faults.middleware import Faults
from tests.faults.audit import RULES, Audit, audit
from tests.faults.broken import AT, widest_target
from tests.support.collecting import credentials_of

LIMITS = Limits(audit=120, silence=20, attempts=2, backoff=0.01, patience=2, pages=5)
HASTY = msgspec.structs.replace(LIMITS, attempts=1, request=3, silence=2.5)
"""For what never answers, or never ends."""


class Bystander:
    """Looks at a broken world as the auditor does; the first look was undisturbed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.faults: Faults = sandbox.faults
        self.target = widest_target(sandbox)
        self._token = credentials_of(sandbox)
        client = sandbox.world.add_oauth_client()
        key = OktaCredentials(client_id=client.id, private_key=Secret(client.private_key))
        self._key = credentials_of(sandbox, okta=key)
        self.truth = audit(self._look(self.target))
        self.asked = frozenset((each.service, each.path) for each in sandbox.requests)
        self.reads = _reads(self.truth.snapshot)
        """Rule to the collections that it looks at."""

    def audit(
        self, target: Target | None = None, *, hasty: bool = False, by_key: bool = False
    ) -> Audit:
        """Look again, disturbed or not, and judge it by what was found before."""
        snapshot = self._look(target or self.target, hasty=hasty, by_key=by_key)
        return audit(snapshot, self.truth.memory)

    def misread(self, told: Audit) -> set[str]:
        """Name the collections that were seen, and seen as what they are not."""
        seen, true = told.snapshot.read, self.truth.snapshot.read
        return {name for name in seen if seen[name] != true[name]}

    def blinded(self, told: Audit) -> set[str]:
        """Name the rules that could tell before and no longer can."""
        blind = {verdict.rule for verdict in told.reconciled.verdicts if verdict.has_unknown}
        return blind - self.truth.rules(VerdictStatus.UNKNOWN)

    def unconcerned(self, told: Audit) -> set[str]:
        """Name the rules that look at nothing of what is missing or misread."""
        touched = told.snapshot.missing.keys() | self.misread(told)
        return {rule for rule, names in self.reads.items() if not names & touched}

    def _look(self, target: Target, *, hasty: bool = False, by_key: bool = False) -> Snapshot:
        credentials = self._key if by_key else self._token
        return collect(target, credentials, at=AT, limits=HASTY if hasty else LIMITS)


class _Watched(dict[str, Any]):
    """Collections that remember which of them were looked at."""

    def __init__(self, seen: dict[str, Any]) -> None:
        super().__init__(seen)
        self.read: set[str] = set()

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


def _reads(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    found = {}
    for bound in RULES:
        watched = _Watched(dict(snapshot.read))
        evaluate(replace(snapshot, read=watched), [bound])
        found[bound.id] = frozenset(watched.read)
    return found
