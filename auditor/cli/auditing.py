"""Targets audited one after the other, and what became of each."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditor.cli import explain
from auditor.cli.exit_code import ExitCode, exit_codes
from auditor.cli.options import targets_of
from auditor.cli.progress import progress
from auditor.config.settings import Settings, TargetSettings
from auditor.errors import ConfigError
from auditor.judge.summary import DeliverySummary, TargetSummary, summarize
from auditor.rule import Severity
from auditor.run import Outcome, replay, rules_for, run
from auditor.world import snapshot_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One target and its outcome, or why there is none."""

    target: str
    outcome: Outcome | None = None
    error: str = ""

    def codes(self, fail_on: Severity) -> frozenset[ExitCode]:
        """Return all exit codes that would be true of it."""
        if self.outcome is None:
            return frozenset({ExitCode.UNUSABLE})
        return exit_codes(
            self.outcome.evaluated,
            self.outcome.delta,
            delivered=self.outcome.delivered is None or self.outcome.delivered.complete,
            fail_on=fail_on,
        )

    def summary(self) -> TargetSummary:
        """Sum it up for machines."""
        if self.outcome is None:
            return TargetSummary(target=self.target, error=self.error)
        outcome, told = self.outcome, self.outcome.delivered
        return summarize(
            outcome.target,
            outcome.at,
            outcome.delta,
            outcome.changes,
            DeliverySummary(
                told=told.told, waiting=told.waiting, given_up=told.given_up, errors=told.errors
            )
            if told
            else None,
        )


def replay_snapshot(settings: Settings, path: Path) -> Audit:
    """Judge what was seen at another time."""
    snapshot = snapshot_file.load(path)
    target = settings.target(snapshot.target.name)
    return Audit(target=target.name, outcome=replay(settings, target, snapshot))


def audit_each(settings: Settings, arguments: argparse.Namespace) -> Iterator[Audit]:
    """Audit one target after the other; what befalls one does not hurt the next.

    Raises :class:`~auditor.errors.ConfigError` before the first, if any cannot be begun.
    """
    targets = targets_of(settings, arguments)
    place: Path | None = arguments.save_snapshot
    if place and len(targets) > 1 and not place.is_dir():
        msg = f"--save-snapshot {place}: there are several targets; name a directory"
        raise ConfigError(msg)
    for target in targets:
        rules_for(settings, target)
    for target in targets:
        try:
            outcome = _audit(settings, target, arguments)
        except Exception as error:  # noqa: BLE001  (not even a bug may hurt the other targets)
            yield Audit(target=target.name, error=explain(error, debug=arguments.debug))
        else:
            yield Audit(target=target.name, outcome=outcome)


def _audit(settings: Settings, target: TargetSettings, arguments: argparse.Namespace) -> Outcome:
    place: Path | None = arguments.save_snapshot
    timeout = arguments.lock_timeout
    with progress(f"Looking at {target.name}") as report:
        outcome = run(settings, target, _now, progress=report, lock_timeout=timeout)
    if place:
        path = place / f"{target.name}.json" if place.is_dir() else place
        snapshot_file.save(outcome.snapshot, path)
        print(f"snapshot: {path}", file=sys.stderr)
    return outcome


def _now() -> datetime:
    return datetime.now(UTC)
