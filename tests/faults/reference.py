"""The correct results of a world, with which the results of an audit with faults are compared."""

from dataclasses import replace
from typing import Any

from msgspec import structs

from auditor.collect.collector import collect
from auditor.collect.http.limits import Limits
from auditor.config.secrets import OktaCredentials, Secret
from auditor.domain.collections import ACCESS, USERS
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.domain.unleash import User, Users
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox import Sandbox
from auditor.sandbox.faults.middleware import Faults
from tests.faults.audit import RULES, Audit, audit
from tests.faults.broken import widest_target
from tests.support.collecting import credentials_of

LIMITS = Limits(audit=120, silence=20, attempts=2, backoff=0.01, patience=2, pages=5)
HASTY = structs.replace(LIMITS, attempts=1, request=3, silence=2.5)
"""Limits with short timeouts, for peers that never answer or whose answers never end."""

TWICE_HASTY = structs.replace(HASTY, attempts=2)
"""The same limits, and a second attempt after a refusal."""


class Reference:
    """Audits a sandbox with violations. The results of the first audit are the reference."""

    def __init__(self, sandbox: Sandbox, target: Target | None = None) -> None:
        self.faults: Faults = sandbox.faults
        self.target = target or widest_target(sandbox)
        self._at = sandbox.world.now
        self._token = credentials_of(sandbox)
        client = sandbox.world.add_oauth_client()
        key = OktaCredentials(client_id=client.id, private_key=Secret(client.private_key))
        self._key = credentials_of(sandbox, okta=key)
        self.truth = audit(self._collect(self.target))
        self.asked = frozenset((each.service, each.path) for each in sandbox.requests)
        self.reads = _reads(self.truth.snapshot)
        """Rule id to the collections that it reads."""

    def audit(
        self, target: Target | None = None, *, limits: Limits = LIMITS, by_key: bool = False
    ) -> Audit:
        """Audit again, with or without a fault, and compare with the first audit."""
        snapshot = self._collect(target or self.target, limits, by_key=by_key)
        return audit(snapshot, self.truth.memory)

    def misread(self, result: Audit) -> set[str]:
        """Return the collections that were read with wrong data."""
        seen, true = result.snapshot.read, dict(self.truth.snapshot.read)
        if (access := result.snapshot.get(ACCESS)) and access.users is not None:
            # The first audit needed no users of /access: it read the user list.
            true[ACCESS.name] = structs.replace(true[ACCESS.name], users=_reduced(true[USERS.name]))
        return {name for name in seen if seen[name] != true[name]}

    def newly_unknown(self, result: Audit) -> set[str]:
        """Return the rules that are unknown, but were evaluated in the first audit."""
        unknown_rules = {
            verdict.rule for verdict in result.reconciled.verdicts if verdict.has_unknown
        }
        return unknown_rules - self.truth.rules(VerdictStatus.UNKNOWN)

    def unconcerned(self, result: Audit) -> set[str]:
        """Return the rules that read no missing or wrong collection."""
        touched = result.snapshot.missing.keys() | self.misread(result)
        return {rule for rule, names in self.reads.items() if not names & touched}

    def _collect(
        self, target: Target, limits: Limits = LIMITS, *, by_key: bool = False
    ) -> Snapshot:
        credentials = self._key if by_key else self._token
        return collect(target, credentials, at=self._at, limits=limits)


def _reduced(users: Users) -> tuple[User, ...]:
    """Return the users with the fields that /access has."""
    return tuple(
        User(id=each.id, name=each.name, username=each.username, email=each.email)
        for each in users.users
    )


class _Watched(dict[str, Any]):
    """A dictionary of collections that records which of them were read."""

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
