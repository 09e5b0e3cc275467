"""The actors of changes whose log entries arrived after the change was recorded. Pure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from msgspec.structs import replace

from auditor.domain.snapshot import Snapshot
from auditor.engine.causes.cause import Cause
from auditor.engine.changes.attribution import attribute
from auditor.engine.changes.diff import Change, ChangeKey, Confidence

LATE_EVENTS_PERIOD = timedelta(hours=2)
"""How long after a change its log entries are still expected. Okta can add an event late."""


def attribute_late(stored: Iterable[Change], snapshot: Snapshot) -> dict[ChangeKey, Change]:
    """Return the stored changes whose actor was unknown and is known now, by their keys."""
    unknown = (
        Change(**{name: getattr(each, name) for name in Change.__struct_fields__})
        for each in stored
        if each.confidence is Confidence.UNKNOWN
    )
    found = attribute(unknown, snapshot)
    return {each.key: each for each in found if each.confidence is not Confidence.UNKNOWN}


def with_late_actors(
    causes: Mapping[str, Cause], attributed: Mapping[ChangeKey, Change]
) -> dict[str, Cause]:
    """Return the causes; each change with the actor that is known now."""
    return {
        id_: replace(each, change=attributed.get(each.change.key, each.change))
        if each.change
        else each
        for id_, each in causes.items()
    }
