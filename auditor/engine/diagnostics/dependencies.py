"""Which rules depend on which collections: rules are evaluated with and without them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from auditor.domain.collections import (
    ACCESS,
    SCIM_ENDPOINT,
    USERS,
    Collection,
    MissingData,
    MissingReason,
)
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import Access, ScimAnswer, ScimEndpoint, User
from auditor.domain.waivers import Attestation
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import Evaluated, Verdict, VerdictStatus
from auditor.rule.binding import BoundRule
from auditor.rule.texts.reason_text import reason_text

Attestations = tuple[Attestation, ...]

KNOWN_ABSENT = frozenset(
    {MissingReason.NOT_FOUND, MissingReason.NOT_ON_THIS_EDITION, MissingReason.NOT_CONFIGURED}
)
"""Reasons that are facts about the target: it does not have this data."""

_FORBIDDEN = MissingData(why=MissingReason.FORBIDDEN, endpoint="-", status=403, detail="supposed")


def unknown_rules(evaluated: Evaluated) -> frozenset[str]:
    """Return the rules that are unknown, or that fail and are unknown in part."""
    return frozenset(verdict.rule for verdict in evaluated.verdicts if verdict.has_unknown)


def rules_needing(
    snapshot: Snapshot,
    rules: Iterable[BoundRule],
    collections: Iterable[Collection[Any]],
    attestations: Attestations = (),
) -> frozenset[str]:
    """Return the rules that are known now and would be unknown if ``collections`` were refused."""
    rules = tuple(rules)
    names = frozenset(each.name for each in collections)
    read = {name: value for name, value in snapshot.read.items() if name not in names}
    if ACCESS.name in read and USERS.name not in read:
        read[ACCESS.name] = _access_with_users(snapshot)
    without = replace(
        snapshot, read=read, missing={**snapshot.missing, **dict.fromkeys(names, _FORBIDDEN)}
    )
    unknown_without = unknown_rules(evaluate(without, rules, attestations))
    # Only these rules can be in the result, so the others are not evaluated a second time.
    dependent = (bound for bound in rules if bound.id in unknown_without)
    return unknown_without - unknown_rules(evaluate(snapshot, dependent, attestations))


def _access_with_users(snapshot: Snapshot) -> Access:
    """Return ``/access`` as it is read without the user list: it has fewer fields of each user."""
    access, listed = snapshot[ACCESS], snapshot.get(USERS)
    if access.users is not None or listed is None:
        return access
    users = tuple(
        User(id=each.id, name=each.name, username=each.username, email=each.email)
        for each in listed.users
    )
    return structs.replace(access, users=users)


def unknown_rules_by_collection(
    snapshot: Snapshot, rules: Iterable[BoundRule], attestations: Attestations = ()
) -> dict[str, frozenset[str]]:
    """Return the unknown rules that read each missing collection, by the collection's name.

    A rule that reads several missing collections is listed under each. A collection whose reason is
    in ``KNOWN_ABSENT`` lists a rule only when the rule reads no other missing collection.
    """
    by_id = {bound.id: bound for bound in rules}
    rules_of: dict[str, set[str]] = {name: set() for name in snapshot.missing}
    for verdict in evaluate(snapshot, by_id.values(), attestations).verdicts:
        if not verdict.has_unknown:
            continue
        gaps = _missing_collections(verdict, by_id[verdict.rule], snapshot.missing)
        unavailable = {name for name in gaps if snapshot.missing[name].why not in KNOWN_ABSENT}
        for name in unavailable or gaps:
            rules_of[name].add(verdict.rule)
    return {name: frozenset(unknown) for name, unknown in rules_of.items()}


def suppose_scim_answer(snapshot: Snapshot, *, is_probed: bool) -> Snapshot:
    """Return the snapshot as if the SCIM endpoint had answered: only audits send that request.

    So the rule about it is unknown exactly where an audit could not evaluate it. ``is_probed``:
    audits of the target send the request (``scim_probe``).
    """
    target = structs.replace(snapshot.target, scim_probe=is_probed)
    answer = ScimEndpoint(
        url=target.unleash_url, answer=ScimAnswer.REFUSED, status=401, at=snapshot.taken_at
    )
    missing = {name: gap for name, gap in snapshot.missing.items() if name != SCIM_ENDPOINT.name}
    read = {SCIM_ENDPOINT.name: answer, **snapshot.read}
    return replace(snapshot, target=target, read=read, missing=missing)


def unlisted_unknown_rules(
    snapshot: Snapshot,
    rules: Iterable[BoundRule],
    listed_by: Iterable[HealthCheck],
    attestations: Attestations = (),
) -> Iterator[HealthCheck]:
    """Yield a warning for each unknown rule that no check in ``listed_by`` lists."""
    listed = frozenset(rule for check in listed_by for rule in check.unknown_rules)
    for verdict in evaluate(snapshot, rules, attestations).verdicts:
        if verdict.has_unknown and verdict.rule not in listed:
            yield HealthCheck(
                area="rules",
                about=verdict.rule,
                status=HealthStatus.WARNING,
                message="Not evaluated, although no collection that it reads is missing.",
                details=tuple(map(reason_text, verdict.reasons)),
                unknown_rules=(verdict.rule,),
            )


def unattested(
    snapshot: Snapshot, rules: Iterable[BoundRule], attestations: Attestations = ()
) -> Iterator[HealthCheck]:
    """Yield a notice for each rule that needs an attestation, because no API shows the fact."""
    for verdict in evaluate(snapshot, rules, attestations).verdicts:
        if verdict.status is VerdictStatus.NEEDS_ATTESTATION:
            yield HealthCheck(
                area="to attest",
                about=verdict.rule,
                status=HealthStatus.NOTICE,
                message=" ".join(map(reason_text, verdict.reasons)),
            )


def _missing_collections(
    verdict: Verdict, rule: BoundRule, missing: Mapping[str, MissingData]
) -> frozenset[str]:
    """Return the missing collections that the rule requires, or that its reasons name."""
    named: set[str | None] = {each.name for each in rule.rule.requires}
    for reason in verdict.unknown_reasons:
        match reason:
            case MissingDataReason(collection=name) | Undecidable(lacking=name):
                named.add(name)
    # A list that is made from several answers is missing when one of these is: the members of
    # pushed groups are read by the roles of the groups in Unleash.
    endpoints = {gap.endpoint for name, gap in missing.items() if name in named} - {"-"}
    readable = {each.name for each in rule.rule.reads}
    return frozenset(
        name
        for name, gap in missing.items()
        if name in named or (name in readable and gap.endpoint in endpoints)
    )
