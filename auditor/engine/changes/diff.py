"""The changes of the configuration since it was last read. Pure.

A change is an event, a finding is a state. :mod:`auditor.engine.changes.attribution` adds the
actors of a change.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct

from auditor.engine.changes.configuration_names import (
    Names,
    reference_in_path,
    reference_in_value,
)
from auditor.engine.changes.configuration_paths import Configuration, Paths, trunk


class Confidence(StrEnum):
    """How certain the actor of a change is."""

    EXACT = "exact"
    """The log entry contains exactly this change."""

    LIKELY = "likely"
    """One matching entry is in the window."""

    AMBIGUOUS = "ambiguous"
    """Several matching entries are in the window. All actors are named."""

    UNKNOWN = "unknown"
    """No entry matches, or the log could not be read."""


class ChangeActor(Struct, frozen=True, kw_only=True):
    """An account that can have made a change."""

    name: str
    actor_id: str
    at: datetime
    event_id: str
    """Id in the System Log, or in Unleash's event log."""


class ConfigurationRead(Struct, frozen=True, kw_only=True):
    """The last complete read of one collection."""

    at: datetime
    paths: Paths
    names: Names = {}
    """The names of the objects in the paths, where they are known."""


ChangeKey = tuple[str, str, datetime]
"""Collection, path and time of the audit that found the change."""


class Change(Struct, frozen=True, kw_only=True):
    """One path of the configuration that differs from the last complete read."""

    collection: str
    path: str
    before: str | None
    """``None``: the path did not exist."""

    after: str | None
    """``None``: the path does not exist any more."""

    name: str = ""
    """The name of the object in the path when it was last read: user type, group, account."""

    before_name: str = ""
    """The name of the object whose id is the value before; empty: that value is no id."""

    after_name: str = ""

    since: datetime
    """The last time at which it was read with the value before."""

    until: datetime
    """The first time at which it was read with the new value."""

    confidence: Confidence = Confidence.UNKNOWN
    actors: tuple[ChangeActor, ...] = ()
    unknown_reason: str = ""
    """Why no actor is named."""

    @property
    def key(self) -> ChangeKey:
        """Return what identifies the change on its target."""
        return self.collection, self.path, self.until

    @property
    def made_at(self) -> datetime | None:
        """Return the time of the only matching log entry; ``None``: none or several match."""
        return self.actors[0].at if len(self.actors) == 1 else None

    @property
    def difference(self) -> str:
        """Return the values before and after: ``user.title → absent``."""
        before, after = ("absent" if each is None else each for each in (self.before, self.after))
        return f"{before} → {after}"

    @property
    def changed_by(self) -> str:
        """Return the names of the possible actors and the confidence: ``Mira Torres (exact)``."""
        if self.confidence is not Confidence.UNKNOWN:
            names = " or ".join(actor.name for actor in self.actors)
            return f"{names} ({self.confidence})"
        reason = f" ({self.unknown_reason})" if self.unknown_reason else ""
        return f"an unknown actor{reason}"

    @property
    def summary(self) -> str:
        """Return path and difference: ``app.status: ACTIVE → INACTIVE``."""
        return f"{self.path}: {self.difference}"


C = TypeVar("C", bound=Change)


def diff(
    last_reads: Mapping[str, ConfigurationRead],
    now: Configuration,
    *,
    at: datetime,
    names: Mapping[str, Names] = MappingProxyType({}),
) -> tuple[Change, ...]:
    """Compare each collection of ``now``, read at ``at``, with its last complete read, if any.

    ``names``: the names of the objects in ``now``, by collection.
    """
    reads = {
        name: ConfigurationRead(at=at, paths=paths, names=names.get(name, {}))
        for name, paths in now.items()
    }
    return tuple(
        _change(name, path, last_read, reads[name])
        # Sorted, so that equal audits store equal changes in one order.
        for name, last_read in sorted(last_reads.items())
        if name in now
        for path in sorted(last_read.paths.keys() | now[name].keys())
        if last_read.paths.get(path) != now[name].get(path)
    )


def _change(
    collection: str, path: str, last: ConfigurationRead, current: ConfigurationRead
) -> Change:
    before, after = last.paths.get(path), current.paths.get(path)
    changed = reference_in_path(path) or ""
    return Change(
        collection=collection,
        path=path,
        before=before,
        after=after,
        name=current.names.get(changed) or last.names.get(changed, ""),
        before_name=last.names.get(reference_in_value(path, before) or "", ""),
        after_name=current.names.get(reference_in_value(path, after) or "", ""),
        since=last.at,
        until=current.at,
    )


def whole(changes: Iterable[C]) -> tuple[C, ...]:
    """Remove the changes of parts of an object that was added or removed as a whole."""
    changes = tuple(changes)
    # The time is a part of the key: an object can be removed in one audit and added again in a
    # later one.
    ends = {(each.until, each.path, _end(each)) for each in changes if _end(each)}
    return tuple(
        each
        for each in changes
        if trunk(each.path) == each.path or (each.until, trunk(each.path), _end(each)) not in ends
    )


def _end(change: Change) -> str:
    """Return ``came``: the path was added; ``went``: it was removed; empty: its value changed."""
    if change.before is None:
        return "came"
    return "went" if change.after is None else ""
