"""What the auditor may read of one side of a target, and what it cannot judge for it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from auditor.judge.check import Check, Standing
from auditor.judge.checkup import KNOWLEDGE, Vouched, what_blinds, who_is_blind
from auditor.registry import BoundRule
from auditor.text import count
from auditor.world.permissions import OKTA_PERMISSIONS, UNLEASH_PERMISSIONS, Permission
from auditor.world.remedies import credential_remedy, remedy_for
from auditor.world.snapshot import APP, Missing, Snapshot, Why

_LACKS_A_PERMISSION = 403


class Side(Struct, frozen=True, kw_only=True):
    """Okta or Unleash: what it grants, and where the configuration names its credential."""

    name: str
    permissions: tuple[Permission, ...]
    table: str


SIDES = (
    Side(name="Okta", permissions=OKTA_PERMISSIONS, table="target.okta"),
    Side(name="Unleash", permissions=UNLEASH_PERMISSIONS, table="target.unleash"),
)


def check_access(
    side: Side, snapshot: Snapshot, rules: Iterable[BoundRule], attestations: Vouched = ()
) -> Iterator[Check]:
    """Say whether the credential is accepted, and then of each permission what it opens."""
    rules = tuple(rules)
    blind = who_is_blind(snapshot, rules, attestations)
    collections = {each.name for one in side.permissions for each in one.collections}
    gaps = {name: gap for name, gap in snapshot.missing.items() if name in collections}
    is_let_in = any(gap.status == _LACKS_A_PERMISSION for gap in gaps.values())
    if not is_let_in and not reads_any(side, snapshot):
        yield _shut_out(side, gaps, blind)
        return
    yield Check(area=side.name, about="credential", standing=Standing.WORKS, says="It is accepted.")
    for permission in side.permissions:
        needed_by = what_blinds(snapshot, rules, permission.opens(snapshot), attestations)
        yield _check(side, permission, snapshot, blind, needed_by)


def reads_any(side: Side, snapshot: Snapshot) -> bool:
    """Tell whether anything of a side was read."""
    return any(not snapshot.lacks(each) for one in side.permissions for each in one.opens(snapshot))


def remedy_of(side: Side, gap: Missing) -> str:
    """Say what to do when nothing of a side can be read; empty: the gap itself says it."""
    if gap.status == _LACKS_A_PERMISSION:
        return "Give it the permissions that `auditor doctor` lists."
    if gap.why is Why.FORBIDDEN:
        return credential_remedy(side.table, gap)
    if gap.why is Why.NETWORK and gap.status is None:
        return ""
    return remedy_for(side.name, gap)


def _shut_out(
    side: Side, gaps: Mapping[str, Missing], blind: Mapping[str, frozenset[str]]
) -> Check:
    """Say why nothing at all could be read."""
    gap = min(gaps.values(), key=lambda each: (each.why is not Why.FORBIDDEN, str(each)))
    return Check(
        area=side.name,
        about="credential",
        standing=Standing.BROKEN,
        says=f"Nothing can be read: {gap}.",
        blinds=_union(blind, gaps),
        remedy=remedy_of(side, gap),
    )


def _check(
    side: Side,
    permission: Permission,
    snapshot: Snapshot,
    blind: Mapping[str, frozenset[str]],
    needed_by: frozenset[str],
) -> Check:
    opened = permission.opens(snapshot)
    gaps = {each.name: gap for each in opened if (gap := snapshot.lacks(each))}
    dark = {name: gap for name, gap in gaps.items() if gap.why not in KNOWLEDGE or blind[name]}
    says = f"Reads {', '.join(_short(each.name) for each in opened if each.name not in gaps)}."
    if dark:
        says = f"{len(dark)} of {count(len(opened), 'collection')} cannot be read."
    if not opened:
        says = "Nothing is read with it alone on this target."
    return Check(
        area=side.name,
        about=permission.name,
        standing=Standing.ATTENTION if dark else Standing.WORKS if opened else Standing.NOTE,
        says=says,
        details=_reasons(dark or gaps),
        blinds=_union(blind, dark),
        needed_by=tuple(sorted(needed_by)),
        remedy=" ".join(_remedies(permission, dark)),
    )


def _remedies(permission: Permission, gaps: Mapping[str, Missing]) -> Iterable[str]:
    """Say each once; what an app would have is not there for want of the app alone."""
    no_app = APP.name in gaps and gaps[APP.name].why is Why.NOT_FOUND
    return dict.fromkeys(
        permission.grant if gap.why is Why.FORBIDDEN else remedy_for(name, gap)
        for name, gap in gaps.items()
        if name == APP.name or not (no_app and gap.why is Why.NOT_FOUND)
    )


def _reasons(gaps: Mapping[str, Missing]) -> tuple[str, ...]:
    """Group what is missing by why: one refusal often hides many collections."""
    by_reason: defaultdict[Missing, list[str]] = defaultdict(list)
    for name, gap in gaps.items():
        by_reason[replace(gap, endpoint="")].append(name)
    return tuple(_reason(gaps, names) for names in by_reason.values())


def _reason(gaps: Mapping[str, Missing], names: list[str]) -> str:
    endpoints = ", ".join(dict.fromkeys(gaps[name].endpoint for name in names))
    return f"{', '.join(map(_short, names))}: {replace(gaps[names[0]], endpoint=endpoints)}"


def _short(name: str) -> str:
    return name.partition(".")[2].replace("_", " ")


def _union(blind: Mapping[str, frozenset[str]], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(frozenset[str]().union(*(blind[name] for name in names))))
