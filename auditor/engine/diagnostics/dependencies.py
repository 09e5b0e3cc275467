"""What hangs on each thing that the auditor reads: by trying rules with and without it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from auditor.domain.collections import Collection, MissingData, MissingReason
from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.rule.binding import BoundRule
from auditor.rule.reason_text import reason_text

Attestations = tuple[Attestation, ...]

KNOWLEDGE = frozenset(
    {MissingReason.NOT_FOUND, MissingReason.NOT_ON_THIS_EDITION, MissingReason.NOT_CONFIGURED}
)
"""Reasons that tell something: what is not there was looked for."""

_TAKEN_AWAY = MissingData(why=MissingReason.FORBIDDEN, endpoint="-", status=403, detail="supposed")


def blind_rules(evaluated: Evaluated) -> frozenset[str]:
    """Return the rules that could not tell, at all or about some subject."""
    return frozenset(verdict.rule for verdict in evaluated.verdicts if verdict.has_unknown)


def rules_needing(
    snapshot: Snapshot,
    rules: Iterable[BoundRule],
    collections: Iterable[Collection[Any]],
    attestations: Attestations = (),
) -> frozenset[str]:
    """Return the rules that can tell now and could not if ``collections`` were refused."""
    rules = tuple(rules)
    names = frozenset(each.name for each in collections)
    without = replace(
        snapshot,
        read={name: value for name, value in snapshot.read.items() if name not in names},
        missing={**snapshot.missing, **dict.fromkeys(names, _TAKEN_AWAY)},
    )
    then = blind_rules(evaluate(without, rules, attestations))
    suspects = (bound for bound in rules if bound.id in then)
    return then - blind_rules(evaluate(snapshot, suspects, attestations))


def unknown_rules_by_collection(
    snapshot: Snapshot, rules: Iterable[BoundRule], attestations: Attestations = ()
) -> dict[str, frozenset[str]]:
    """Return, by the name of each missing collection, the blind rules that asked for it.

    What a rule would say if it saw cannot be known: of several gaps it is listed under each.
    A gap that tells something is blamed only where no other one is.
    """
    by_id = {bound.id: bound for bound in rules}
    blamed: dict[str, set[str]] = {name: set() for name in snapshot.missing}
    for rule in blind_rules(evaluate(snapshot, by_id.values(), attestations)):
        gaps = _asked_for(snapshot, by_id[rule], attestations) & blamed.keys()
        dark = {name for name in gaps if snapshot.missing[name].why not in KNOWLEDGE}
        for name in dark or gaps:
            blamed[name].add(rule)
    return {name: frozenset(blinded) for name, blinded in blamed.items()}


def blind_otherwise(
    snapshot: Snapshot,
    rules: Iterable[BoundRule],
    named: Iterable[HealthCheck],
    attestations: Attestations = (),
) -> Iterator[HealthCheck]:
    """Yield the rules that cannot tell and that no check in ``named`` speaks of."""
    spoken_of = frozenset(rule for check in named for rule in check.unknown_rules)
    for verdict in evaluate(snapshot, rules, attestations).verdicts:
        if verdict.has_unknown and verdict.rule not in spoken_of:
            yield HealthCheck(
                area="rules",
                about=verdict.rule,
                status=HealthStatus.WARNING,
                message="It cannot tell, although all that it reads is there.",
                details=tuple(map(reason_text, verdict.reasons)),
                unknown_rules=(verdict.rule,),
            )


def unattested(
    snapshot: Snapshot, rules: Iterable[BoundRule], attestations: Attestations = ()
) -> Iterator[HealthCheck]:
    """Yield what no API shows and nobody vouches for."""
    for verdict in evaluate(snapshot, rules, attestations).verdicts:
        if verdict.status is VerdictStatus.NEEDS_ATTESTATION:
            yield HealthCheck(
                area="to attest",
                about=verdict.rule,
                status=HealthStatus.NOTICE,
                message=" ".join(map(reason_text, verdict.reasons)),
            )


def _asked_for(snapshot: Snapshot, rule: BoundRule, attestations: Attestations) -> frozenset[str]:
    watched = _Watched(snapshot.read)
    evaluate(replace(snapshot, read=watched), (rule,), attestations)
    return frozenset(watched.asked).union(each.name for each in rule.rule.requires)


class _Watched(Mapping[str, Any]):
    """A mapping that remembers which keys it was asked for."""

    def __init__(self, seen: Mapping[str, Any]) -> None:
        self._seen = seen
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  (whatever the collection holds)
        self.asked.add(name)
        return self._seen[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)
