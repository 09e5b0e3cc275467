"""The data that commands read: stored results, or a snapshot of both services."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.cli.options import targets_of
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.domain.snapshot import Snapshot
from auditor.store import open_store

if TYPE_CHECKING:
    from auditor.store.store import Store


@contextmanager
def open_history(
    settings: Settings, targets: Sequence[str]
) -> Iterator[tuple["Store", tuple[str, ...]]]:
    """Open the database. Yields it and the target names: ``targets``, or all configured ones.

    A name may also be that of a target that is stored and no longer configured. Raises
    :class:`~auditor.errors.StoreError` if there is no database; it is not created.
    """
    configured = tuple(each.name for each in settings.targets)
    with open_store(settings.store.database_url().reveal(), create=False) as store:
        stored = store.history.targets()
        for name in targets:
            if name not in stored:
                # It raises for a name that is not configured either.
                settings.target(name)
        yield store, tuple(targets or configured)


def last_audit_at(store: "Store", target: str) -> datetime | None:
    """Return the time of the last audit of a target; ``None``: it was never audited."""
    return next((audit.at for audit in store.history.audits(target, limit=1)), None)


def snapshots(
    settings: Settings, targets: Sequence[str], saved: Path | None
) -> Iterator[tuple[TargetSettings, Snapshot]]:
    """Yield each target with its snapshot: read now, or loaded from the file ``saved``."""
    from auditor.cli.output.stderr import progress
    from auditor.clock import utc_now
    from auditor.collect import snapshot_file
    from auditor.config.rule_settings import rules_for
    from auditor.engine.audit_history import PreviousAudits
    from auditor.pipeline.snapshot_reading import read_snapshot

    if saved:
        snapshot = snapshot_file.load(saved)
        yield settings.target(snapshot.target.name), snapshot
        return
    for target in targets_of(settings, targets):
        rules = rules_for(settings, target)
        with progress(f"Reading {target.name}") as report:
            yield (
                target,
                read_snapshot(
                    settings, target, rules, PreviousAudits(), utc_now(), progress=report
                ),
            )
