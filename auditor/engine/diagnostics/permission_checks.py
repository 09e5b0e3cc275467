"""What the auditor may read of one side of a target, and what it cannot judge for it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from auditor.domain.collections import APP, MissingData, MissingReason
from auditor.domain.permissions import Permission, Side, reads_any
from auditor.domain.remediation.missing_data import (
    missing_data_remediation,
    side_remediation,
)
from auditor.domain.snapshot import Snapshot
from auditor.engine.diagnostics.dependencies import (
    KNOWLEDGE,
    Attestations,
    rules_needing,
    unknown_rules_by_collection,
)
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.rule.binding import BoundRule
from auditor.text import count


def check_access(
    side: Side, snapshot: Snapshot, rules: Iterable[BoundRule], attestations: Attestations = ()
) -> Iterator[HealthCheck]:
    """Say whether the credential is accepted, and then of each permission what it opens."""
    rules = tuple(rules)
    blind = unknown_rules_by_collection(snapshot, rules, attestations)
    collections = {each.name for one in side.permissions for each in one.collections}
    gaps = {name: gap for name, gap in snapshot.missing.items() if name in collections}
    is_let_in = any(gap.why is MissingReason.FORBIDDEN for gap in gaps.values())
    if not is_let_in and not reads_any(side, snapshot):
        yield _shut_out(side, gaps, blind)
        return
    yield HealthCheck(
        area=side.name, about="credential", status=HealthStatus.OK, message="It is accepted."
    )
    for permission in side.permissions:
        needed_by = rules_needing(snapshot, rules, permission.opens(snapshot), attestations)
        yield _check(side, permission, snapshot, blind, needed_by)


def _shut_out(
    side: Side, gaps: Mapping[str, MissingData], blind: Mapping[str, frozenset[str]]
) -> HealthCheck:
    """Say why nothing at all could be read."""
    gap = min(
        gaps.values(), key=lambda each: (each.why is not MissingReason.UNAUTHORIZED, str(each))
    )
    return HealthCheck(
        area=side.name,
        about="credential",
        status=HealthStatus.ERROR,
        message=f"Nothing can be read: {gap}.",
        unknown_rules=_union(blind, gaps),
        remediation=side_remediation(side, gap),
    )


def _check(
    side: Side,
    permission: Permission,
    snapshot: Snapshot,
    blind: Mapping[str, frozenset[str]],
    needed_by: frozenset[str],
) -> HealthCheck:
    opened = permission.opens(snapshot)
    gaps = {each.name: gap for each in opened if (gap := snapshot.lacks(each))}
    dark = {name: gap for name, gap in gaps.items() if gap.why not in KNOWLEDGE or blind[name]}
    says = f"Reads {', '.join(_short(each.name) for each in opened if each.name not in gaps)}."
    if dark:
        says = f"{len(dark)} of {count(len(opened), 'collection')} cannot be read."
    if not opened:
        says = "Nothing is read with it alone on this target."
    return HealthCheck(
        area=side.name,
        about=permission.name,
        status=HealthStatus.WARNING if dark else HealthStatus.OK if opened else HealthStatus.NOTICE,
        message=says,
        details=_reasons(dark or gaps),
        unknown_rules=_union(blind, dark),
        needed_by=tuple(sorted(needed_by)),
        remediation=" ".join(_remedies(permission, dark)),
    )


def _remedies(permission: Permission, gaps: Mapping[str, MissingData]) -> Iterable[str]:
    """Say each once; what an app would have is not there for want of the app alone."""
    no_app = APP.name in gaps and gaps[APP.name].why is MissingReason.NOT_FOUND
    return dict.fromkeys(
        permission.grant
        if gap.why is MissingReason.FORBIDDEN
        else missing_data_remediation(name, gap)
        for name, gap in gaps.items()
        if name == APP.name or not (no_app and gap.why is MissingReason.NOT_FOUND)
    )


def _reasons(gaps: Mapping[str, MissingData]) -> tuple[str, ...]:
    """Group what is missing by why: one refusal often hides many collections."""
    by_reason: defaultdict[MissingData, list[str]] = defaultdict(list)
    for name, gap in gaps.items():
        by_reason[replace(gap, endpoint="")].append(name)
    return tuple(_reason(gaps, names) for names in by_reason.values())


def _reason(gaps: Mapping[str, MissingData], names: list[str]) -> str:
    endpoints = ", ".join(dict.fromkeys(gaps[name].endpoint for name in names))
    return f"{', '.join(map(_short, names))}: {replace(gaps[names[0]], endpoint=endpoints)}"


def _short(name: str) -> str:
    return name.partition(".")[2].replace("_", " ")


def _union(blind: Mapping[str, frozenset[str]], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(frozenset[str]().union(*(blind[name] for name in names))))
