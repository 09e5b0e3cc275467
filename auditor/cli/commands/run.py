"""The command ``auditor run``: audit the targets, store the results and send notifications."""

import os
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from auditor.cli.command_group import Command, SuggestingChoice
from auditor.cli.options import (
    beginning,
    config_option,
    format_option,
    gateway_address,
    is_given,
    load_configuration,
    metrics_file,
    number,
    refuse_together,
    rules_of,
    snapshot_option,
    span,
    target_option,
    targets_of,
)
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.cli.output.exit_code import ExitCode
    from auditor.collect.okta.org_log import OrgLogs
    from auditor.config.settings import Settings
    from auditor.config.tables.target_settings import TargetSettings
    from auditor.pipeline.audit import Outcome
    from auditor.pipeline.batch import Shard, TargetResult

_SEVERITIES = ("low", "medium", "high", "critical")

LOCK_TIMEOUT_SECONDS = 60
"""How long an audit waits for another audit of the same target."""

_EPILOG = """\
Examples:
  auditor run                                  all targets of auditor.toml
  auditor run -t production --fail-on medium   one target, stricter
  auditor run -v                               also each rule and each change
  auditor run --save-snapshot today.json       save the collected data
  auditor run --snapshot today.json            evaluate it again
  auditor run --shard 3/16 --jobs 8            a part of very many targets
  auditor run --format json | jq '.targets[].counts'
  auditor run --format log                     JSON lines, for pods and timers

"auditor config schema run" prints the schema of --format json.

Exit codes:
  0  no open finding at or above --fail-on, every such rule was evaluated,
     and all messages were delivered
  1  open findings at or above --fail-on
  2  the command line, the configuration or the database cannot be used
  3  a rule at or above --fail-on could not be evaluated
  4  the audit is complete, but a notification or an export is pending
"""


class RunOptions(Struct, frozen=True, kw_only=True):
    """The options that concern the audits themselves."""

    targets: tuple[str, ...]
    snapshot: Path | None
    save_snapshot: Path | None
    lock_timeout: timedelta
    jobs: int
    shard: tuple[int, int] | None
    """The number of a part, from 1, and the number of parts."""

    if_older_than: timedelta | None


def _shard(text: str) -> tuple[int, int]:
    """Read ``3/16``. Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,8})", text)
    if not found or int(found[1]) > int(found[2]):
        msg = f'"{text}" is not a part (write it like 3/16, the third of sixteen parts)'
        raise ValueError(msg)
    return int(found[1]), int(found[2])


@click.command("run", cls=Command, epilog=_EPILOG)
@config_option
@target_option
@click.option(
    "--fail-on",
    type=SuggestingChoice(_SEVERITIES),
    metavar="SEVERITY",
    help="Lowest severity that leads to exit code 1 or 3: low, medium, high or critical "
    "(default: fail_on of the configuration, otherwise high).",
)
@click.option(
    "--exit-zero", is_flag=True, help="Exit with 0 instead of 1. Codes 2, 3 and 4 do not change."
)
@format_option("text", "json", "log")
@click.option("-v", "--verbose", is_flag=True, help="Also print each rule, change and waiver.")
@click.option("-q", "--quiet", is_flag=True, help="Print one line per target.")
@click.option(
    "--save-snapshot",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Save the collected data to a file, with names. Several targets need a directory.",
)
@snapshot_option
@click.option(
    "--lock-timeout",
    type=number(0, 86_400),
    default=str(LOCK_TIMEOUT_SECONDS),
    show_default=True,
    metavar="SECONDS",
    help="Time to wait for another audit of the same target, or for a locked database.",
)
@click.option(
    "--jobs",
    type=number(1),
    default="4",
    show_default=True,
    metavar="N",
    help="Number of targets audited at the same time.",
)
@click.option(
    "--shard",
    type=_shard,
    metavar="N/M",
    help="Audit the N-th of M parts of the targets (default: $JOB_COMPLETION_INDEX of "
    "$AUDITOR_SHARDS, if set).",
)
@click.option(
    "--if-older-than",
    type=span,
    metavar="SPAN",
    help="Skip targets with a more recent audit: 45m, 12h.",
)
@click.option(
    "--metrics-textfile",
    type=metrics_file,
    metavar="FILE",
    help="Write metrics for the node exporter to a .prom file (default: metrics.textfile).",
)
@click.option(
    "--metrics-push",
    type=gateway_address,
    metavar="URL",
    help="Push metrics to a Pushgateway (default: metrics.push).",
)
def command(
    *,
    config: Path,
    target: tuple[str, ...],
    fail_on: str | None,
    output_format: str,
    save_snapshot: Path | None,
    snapshot: Path | None,
    lock_timeout: int,
    jobs: int,
    shard: tuple[int, int] | None,
    if_older_than: timedelta | None,
    metrics_textfile: str | None,
    metrics_push: str | None,
    exit_zero: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Audit the targets, store the results and send notifications.

    With --snapshot, nothing is stored and no notification is sent. With --format log, the command
    prints JSON lines only.
    """
    from auditor.cli.output.run_output.run_signals import emit_signals
    from auditor.cli.output.stderr import json_log, plain_warnings
    from auditor.pipeline.stop_signal import stop_on_sigterm

    if quiet:
        refuse_together("--quiet", ("--verbose", verbose))
    if output_format != "text":
        amount = ("--verbose", verbose), ("--quiet", quiet)
        refuse_together(f"--format {output_format}", *amount)
    if target:
        refuse_together("--target", ("--shard", shard))
    if snapshot:
        refuse_together(
            "--snapshot",
            ("--target", target),
            ("--save-snapshot", save_snapshot),
            ("--lock-timeout", is_given("lock_timeout")),
            ("--jobs", is_given("jobs")),
            ("--shard", shard),
            ("--if-older-than", if_older_than),
            ("--metrics-textfile", metrics_textfile),
            ("--metrics-push", metrics_push),
        )
    options = RunOptions(
        targets=target,
        snapshot=snapshot,
        save_snapshot=save_snapshot,
        lock_timeout=timedelta(seconds=lock_timeout),
        jobs=jobs,
        shard=shard,
        if_older_than=if_older_than,
    )
    detail = "verbose" if verbose else "quiet" if quiet else "normal"
    output = json_log(sys.stdout) if output_format == "log" else plain_warnings()
    with stop_on_sigterm(), output:
        settings = load_configuration(config)
        code = _run(settings, options, fail_on, output_format, detail, exit_zero=exit_zero)
        # A saved snapshot is no audit, and must not count as one.
        if not snapshot:
            part = _part(options)
            emit_signals(
                settings,
                textfile=metrics_textfile,
                push=metrics_push,
                shard=f"{part.number}-of-{part.of}" if part else "1-of-1",
                code=code,
            )
    return code


def _run(
    settings: "Settings",
    options: RunOptions,
    fail_on: str | None,
    output_format: str,
    detail: str,
    *,
    exit_zero: bool,
) -> "ExitCode":
    from auditor.cli.output.exit_code import ExitCode, codes_of, worst
    from auditor.cli.output.run_output.batch_output import JsonOutput, LogOutput, TextOutput
    from auditor.cli.output.stderr import log_context
    from auditor.rule.severity import Severity

    lowest = Severity(fail_on or settings.fail_on)
    output: JsonOutput | LogOutput | TextOutput
    match output_format:
        case "json":
            output = JsonOutput(settings, lowest)
        case "log":
            output = LogOutput()
        case _:
            output = TextOutput(settings, rules_of(settings), lowest, detail)
    codes: dict[str, frozenset[ExitCode]] = {}
    for result in _audits(settings, options):
        codes[result.target] = codes_of(result, lowest)
        with log_context(target=result.target):
            output.add(result)
    code = worst(frozenset[ExitCode]().union(*codes.values()), exit_zero=exit_zero)
    output.finish(code, codes)
    return code


def _part(options: RunOptions) -> "Shard | None":
    """Return the part of the targets that this process audits; ``None``: all of them."""
    from auditor.pipeline.batch import Shard, shard_of

    if options.shard:
        number, of = options.shard
        return Shard(number=number, of=of)
    return shard_of(os.environ)


def _audits(settings: "Settings", options: RunOptions) -> "Iterator[TargetResult]":
    """Audit the chosen targets; yield each result when it is available."""
    from auditor.pipeline.audit import replay
    from auditor.pipeline.batch import TargetResult, audit_all, org_of

    if options.snapshot:
        from auditor.collect import snapshot_file

        snapshot = snapshot_file.load(options.snapshot)
        target = settings.target(snapshot.target.name)
        return iter([TargetResult(target=target.name, outcome=replay(settings, target, snapshot))])
    targets = targets_of(settings, options.targets)
    # Targets that are named are audited by this process, also those of other parts.
    if not options.targets and (part := _part(options)):
        targets = part.part(targets, org_of)
    folder = options.save_snapshot
    if folder and len(targets) > 1 and not folder.is_dir():
        msg = (
            f"--save-snapshot {folder}: not a directory, and each target needs its own file "
            "(name a directory that exists, or one target with -t)"
        )
        raise ConfigError(msg)
    # A shard can have no target, and a pool needs at least one thread.
    jobs = min(options.jobs, len(targets)) or 1
    return audit_all(
        settings,
        targets,
        lambda target, org_logs: _audit(
            settings, target, options, org_logs=org_logs, alone=jobs == 1
        ),
        jobs=jobs,
    )


def _audit(
    settings: "Settings",
    target: "TargetSettings",
    options: RunOptions,
    *,
    org_logs: "OrgLogs",
    alone: bool,
) -> "Outcome":
    from auditor.cli.output.stderr import log_context, print_progress, progress
    from auditor.clock import utc_now
    from auditor.collect import snapshot_file
    from auditor.pipeline.audit import audit_target

    age = options.if_older_than
    oldest = beginning(utc_now(), age) if age else None
    with log_context(target=target.name):
        with progress(f"Reading {target.name}", animated=alone) as report:
            outcome = audit_target(
                settings,
                target,
                utc_now,
                progress=report,
                lock_timeout=options.lock_timeout,
                unless_since=oldest,
                org_logs=org_logs,
            )
        if place := options.save_snapshot:
            # not Path.is_dir: it raises OSError for a name that is too long
            is_folder = os.path.isdir(place)  # noqa: PTH112
            path = place / f"{target.name}.json" if is_folder else place
            snapshot_file.save(outcome.snapshot, path)
            print_progress(f"snapshot: {path}")
    return outcome
