"""What is remembered: the store that the configuration names, and the targets asked for."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.cli.options import targets_of
from auditor.cli.output.page import TerminalPage
from auditor.cli.output.stderr import progress
from auditor.clock import utc_now
from auditor.collect import snapshot_file
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings
from auditor.config.target_settings import TargetSettings
from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.pipeline.audit import read_snapshot
from auditor.store import open_store
from auditor.text import format_time

if TYPE_CHECKING:
    from auditor.store.store import Store


@contextmanager
def open_history(
    settings: Settings, arguments: argparse.Namespace
) -> Iterator[tuple["Store", tuple[str, ...]]]:
    """Open the store, with the names of the targets asked for: configured, or once audited.

    Raises :class:`~auditor.errors.StoreError` where there is none yet, and makes none.
    """
    configured = tuple(each.name for each in settings.targets)
    with open_store(settings.store.database_url().reveal(), create=False) as store:
        known = store.history.targets()
        for name in arguments.target or ():
            if name not in known:
                settings.target(name)
        yield store, tuple(arguments.target or configured)


def last_run_at(store: "Store", target: str) -> datetime | None:
    """Return when ``target`` was last audited; ``None``: it never was."""
    return next((run.at for run in store.history.runs(target, limit=1)), None)


def head(page: TerminalPage, target: str, at: datetime | None) -> None:
    """Write which target it is about, and as of when."""
    page.ends([(target, "bold")], f"as of {format_time(at)}" if at else "never audited")
    if not at:
        page.line("Nothing is known of it yet: `auditor run` audits it.")


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
