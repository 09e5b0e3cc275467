"""The changes of the configuration that one audit knows of, and who made them. Pure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.cause import Cause
from auditor.engine.changes.attribution import attribute
from auditor.engine.changes.configuration_names import Names, configuration_names
from auditor.engine.changes.configuration_paths import Configuration, configuration
from auditor.engine.changes.diff import Change, ChangeKey, Confidence, diff

LATE_EVENTS_PERIOD = timedelta(hours=2)
"""How long after a change its log entries are still expected. Okta can add an event late."""


class ConfigurationChanges(Struct, frozen=True, kw_only=True):
    """What changed since the earlier audits, and what the logs state now about older changes."""

    configuration: Configuration
    """The configuration in the snapshot."""

    names: Mapping[str, Names]
    """The names of the objects in the configuration, by collection."""

    found: tuple[Change, ...]
    """Differences to the last read of each collection, with their possible actors."""

    attributed: Mapping[ChangeKey, Change]
    """Stored changes whose actor was unknown and is known now."""

    explaining: tuple[Change, ...]
    """Changes that targeted audits left to this audit, then those of ``found``."""

    known_causes: Mapping[str, Cause]
    """Cause id to the cause; its change has the actor that is known now."""


def compare_configuration(
    before: PreviousAudits, recent: Iterable[Change], snapshot: Snapshot
) -> ConfigurationChanges:
    """Compare the configuration of a snapshot with the last reads, and attribute the changes.

    ``recent`` are the stored changes since :data:`LATE_EVENTS_PERIOD` before the snapshot.
    """
    current = configuration(snapshot)
    last = before.configuration_reads
    names = configuration_names(
        snapshot, current, {collection: each.names for collection, each in last.items()}
    )
    found = attribute(diff(last, current, at=snapshot.taken_at, names=names), snapshot)
    attributed = attribute_late(recent, snapshot)
    state = before.notified_state
    unreported = state.unreported_changes if state else ()
    return ConfigurationChanges(
        configuration=current,
        names=names,
        found=found,
        attributed=attributed,
        explaining=(*(attributed.get(each.key, each) for each in unreported), *found),
        known_causes=with_late_actors(state.causes if state else {}, attributed),
    )


def attribute_late(stored: Iterable[Change], snapshot: Snapshot) -> dict[ChangeKey, Change]:
    """Return the stored changes whose actor was unknown and is known now, by their keys."""
    unknown = (
        # Stored changes have more fields. Attribution copies what it gets, and the caller compares
        # records.
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
