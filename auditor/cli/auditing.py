"""What is to be audited by one command, and what became of it."""

import argparse
import os
import re
from collections.abc import Iterator
from pathlib import Path

from auditor.cli import explain
from auditor.cli.exit_code import ExitCode, exit_codes
from auditor.cli.options import targets_of
from auditor.cli.progress import progress
from auditor.cli.voice import about, remark
from auditor.clock import utc_now
from auditor.collect import snapshot_file
from auditor.config.settings import Settings, TargetSettings
from auditor.engine.views.run_summary import DeliverySummary, TargetSummary, summarize
from auditor.errors import ConfigError
from auditor.pipeline.audit import Outcome, audit_target, replay
from auditor.pipeline.batch import Shard, TargetResult, audit_all, shard_of
from auditor.rule.severity import Severity


def codes_of(audit: TargetResult, fail_on: Severity) -> frozenset[ExitCode]:
    """Return all exit codes that would be true of it."""
    if audit.skipped:
        return frozenset()
    if audit.outcome is None:
        return frozenset({ExitCode.UNUSABLE})
    outcome = audit.outcome
    return exit_codes(
        outcome.evaluated,
        outcome.delta,
        delivered=outcome.is_complete,
        fail_on=fail_on,
    )


def summary_of(audit: TargetResult, *, debug: bool) -> TargetSummary:
    """Sum it up for machines."""
    if audit.outcome is None:
        error = explain(audit.error, debug=debug) if audit.error else None
        return TargetSummary(target=audit.target, error=error)
    outcome, told = audit.outcome, audit.outcome.delivered
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
        not_exported=outcome.not_exported,
    )


def audits(settings: Settings, arguments: argparse.Namespace) -> Iterator[TargetResult]:
    """Audit what the command line asks for; yield each target when it is done."""
    if arguments.snapshot:
        snapshot = snapshot_file.load(arguments.snapshot)
        target = settings.target(snapshot.target.name)
        return iter([TargetResult(target=target.name, outcome=replay(settings, target, snapshot))])
    targets = targets_of(settings, arguments)
    if not arguments.target and (shard := arguments.shard or shard_of(os.environ)):
        targets = shard.part(targets)
    place: Path | None = arguments.save_snapshot
    if place and len(targets) > 1 and not place.is_dir():
        msg = f"--save-snapshot {place}: there are several targets; name a directory"
        raise ConfigError(msg)
    jobs = min(arguments.jobs, len(targets)) or 1
    return audit_all(
        settings,
        targets,
        lambda target: _audit(settings, target, arguments, alone=jobs == 1),
        jobs=jobs,
    )


def shard(text: str) -> Shard:
    """Read ``3/16``."""
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
    if not found or int(found[1]) > int(found[2]):
        msg = f"no shard: {text!r}; write the third of sixteen as 3/16"
        raise argparse.ArgumentTypeError(msg)
    return Shard(number=int(found[1]), of=int(found[2]))


def _audit(
    settings: Settings, target: TargetSettings, arguments: argparse.Namespace, *, alone: bool
) -> Outcome:
    place: Path | None = arguments.save_snapshot
    freshest = arguments.if_older_than and utc_now() - arguments.if_older_than
    looking = f"Looking at {target.name}"
    with about(target=target.name):
        with progress(looking, moving=alone) as report:
            outcome = audit_target(
                settings,
                target,
                utc_now,
                progress=report,
                lock_timeout=arguments.lock_timeout,
                unless_since=freshest,
            )
        if place:
            path = place / f"{target.name}.json" if place.is_dir() else place
            snapshot_file.save(outcome.snapshot, path)
            remark(f"snapshot: {path}")
    return outcome
