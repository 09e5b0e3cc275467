"""The permissions of the auditor on one side of a target, and the rules that need them. Pure."""

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
    KNOWN_ABSENT,
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
    """Yield the check of the credential, then one check for each permission.

    When nothing can be read, and nothing was answered with 403, yield only the credential's error.
    """
    rules = tuple(rules)
    unknown_rules = unknown_rules_by_collection(snapshot, rules, attestations)
    collections = {each.name for one in side.permissions for each in one.collections}
    gaps = {name: gap for name, gap in snapshot.missing.items() if name in collections}
    # A 403 shows that the credential itself is accepted.
    is_accepted = any(gap.why is MissingReason.FORBIDDEN for gap in gaps.values())
    if not is_accepted and not reads_any(side, snapshot):
        yield _unreadable(side, gaps, unknown_rules)
        return
    yield HealthCheck(
        area=side.name, about="credential", status=HealthStatus.OK, message="It is accepted."
    )
    for permission in side.permissions:
        needed_by = rules_needing(snapshot, rules, permission.opens(snapshot), attestations)
        yield _check(side, permission, snapshot, unknown_rules, needed_by)


def _unreadable(
    side: Side, gaps: Mapping[str, MissingData], unknown_rules: Mapping[str, frozenset[str]]
) -> HealthCheck:
    """Return the error that explains why nothing could be read."""
    # A refused credential explains the other gaps. The text makes the choice equal in every run.
    gap = min(
        gaps.values(), key=lambda each: (each.why is not MissingReason.UNAUTHORIZED, str(each))
    )
    return HealthCheck(
        area=side.name,
        about="credential",
        status=HealthStatus.ERROR,
        message=f"Nothing can be read: {gap}.",
        unknown_rules=_union(unknown_rules, gaps),
        remediation=side_remediation(side, gap),
    )


def _check(
    side: Side,
    permission: Permission,
    snapshot: Snapshot,
    unknown_rules: Mapping[str, frozenset[str]],
    needed_by: frozenset[str],
) -> HealthCheck:
    opened = permission.opens(snapshot)
    gaps = {each.name: gap for each in opened if (gap := snapshot.lacks(each))}
    unavailable = {
        name: gap
        for name, gap in gaps.items()
        if gap.why not in KNOWN_ABSENT or unknown_rules[name]
    }
    message = f"Reads {', '.join(_short(each.name) for each in opened if each.name not in gaps)}."
    if unavailable:
        message = f"{len(unavailable)} of {count(len(opened), 'collection')} cannot be read."
    if not opened:
        message = "No data of this target depends on this scope alone."
    status = HealthStatus.OK if opened else HealthStatus.NOTICE
    return HealthCheck(
        area=side.name,
        about=permission.name,
        status=HealthStatus.WARNING if unavailable else status,
        message=message,
        details=_reasons(unavailable or gaps),
        unknown_rules=_union(unknown_rules, unavailable),
        needed_by=tuple(sorted(needed_by)),
        remediation=" ".join(_remediations(permission, unavailable)),
    )


def _remediations(permission: Permission, gaps: Mapping[str, MissingData]) -> Iterable[str]:
    """Return the remediation of each gap, without repetition.

    When the app does not exist, data of the app does not exist either and needs no remediation.
    """
    no_app = APP.name in gaps and gaps[APP.name].why is MissingReason.NOT_FOUND
    return dict.fromkeys(
        permission.grant
        if gap.why is MissingReason.FORBIDDEN
        else missing_data_remediation(name, gap)
        for name, gap in gaps.items()
        if name == APP.name or not (no_app and gap.why is MissingReason.NOT_FOUND)
    )


def _reasons(gaps: Mapping[str, MissingData]) -> tuple[str, ...]:
    """Return one line for each reason: one refusal often concerns many collections."""
    by_reason: defaultdict[MissingData, list[str]] = defaultdict(list)
    for name, gap in gaps.items():
        # Each collection has its own endpoint; the reason is what they have in common.
        by_reason[replace(gap, endpoint="")].append(name)
    return tuple(_reason(gaps, names) for names in by_reason.values())


def _reason(gaps: Mapping[str, MissingData], names: list[str]) -> str:
    endpoints = ", ".join(dict.fromkeys(gaps[name].endpoint for name in names))
    return f"{', '.join(map(_short, names))}: {replace(gaps[names[0]], endpoint=endpoints)}"


def _short(name: str) -> str:
    return name.partition(".")[2].replace("_", " ")


def _union(rules_of: Mapping[str, frozenset[str]], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(frozenset[str]().union(*(rules_of[name] for name in names))))
