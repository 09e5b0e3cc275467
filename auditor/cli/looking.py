"""A look that is judged but not remembered, and of which nobody is told."""

import argparse
from collections.abc import Iterator

from auditor.cli.options import targets_of
from auditor.cli.progress import progress
from auditor.clock import utc_now
from auditor.collect import snapshot_file
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings, TargetSettings
from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.pipeline.audit import read_snapshot


def snapshots(
    settings: Settings, arguments: argparse.Namespace
) -> Iterator[tuple[TargetSettings, Snapshot]]:
    """Yield each target with what is seen of it now, or was seen when a snapshot was saved."""
    if arguments.snapshot:
        snapshot = snapshot_file.load(arguments.snapshot)
        yield settings.target(snapshot.target.name), snapshot
        return
    for target in targets_of(settings, arguments):
        rules = rules_for(settings, target)
        with progress(f"Looking at {target.name}") as report:
            yield (
                target,
                read_snapshot(
                    settings, target, rules, PreviousAudits(), utc_now(), progress=report
                ),
            )
