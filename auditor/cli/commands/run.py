"""``auditor run``: audit the targets, remember and tell what changed."""

import argparse
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from auditor import __version__
from auditor.cli.options import (
    add_config,
    add_format,
    add_targets,
    rules_of,
    settings_of,
    span,
    targets_of,
)
from auditor.cli.output.exit_code import ExitCode, codes_of, worst
from auditor.cli.output.page import print_json
from auditor.cli.output.run_result import show, summary_of, total
from auditor.cli.output.run_signals import add_metrics, emit_signals
from auditor.cli.output.stderr import (
    about,
    explain,
    is_logged,
    log_event,
    print_error,
    print_progress,
    progress,
)
from auditor.clock import utc_now
from auditor.collect import snapshot_file
from auditor.collect.okta.org_log import OrgLogs
from auditor.config.settings import Settings
from auditor.config.target_settings import TargetSettings
from auditor.engine.views.run_summary import Summary, TargetSummary
from auditor.errors import ConfigError
from auditor.pipeline.audit import LOCK_TIMEOUT, Outcome, audit_target, replay
from auditor.pipeline.batch import Shard, TargetResult, audit_all, org_of, shard_of
from auditor.pipeline.stop_signal import stop_on_sigterm
from auditor.rule.severity import Severity


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Audit the targets: read Okta and Unleash, judge, remember, tell what changed."""
    parser.epilog = """\
examples:
  auditor run                                  all targets of auditor.toml
  auditor run -t production --fail-on medium   one target, stricter
  auditor run --save-snapshot today.json       keep what was seen, with names
  auditor run --snapshot today.json            judge it again; nothing is told
  auditor run --shard 3/16 --jobs 8            a part of very many targets
  auditor run --format json | jq '.targets[].counts'
                                    for scripts; see `auditor config schema run`
  auditor run --format log                     log lines only, for pods, timers

exit codes: see `auditor --help`
"""
    add_config(parser)
    add_targets(parser)
    parser.add_argument(
        "--fail-on",
        choices=[each.value for each in Severity],
        metavar="SEVERITY",
        help="least severity that gives exit 1 or 3: low, medium, high or critical"
        " (default: fail_on of the configuration, else high)",
    )
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit 0 instead of 1; 2, 3 and 4 stay"
    )
    add_format(parser, "log")
    parser.add_argument(
        "--save-snapshot",
        type=Path,
        metavar="PATH",
        help="keep what was seen in a file, or with several targets in a directory",
    )
    parser.add_argument(
        "--snapshot", type=Path, metavar="FILE", help="judge a saved snapshot instead of looking"
    )
    parser.add_argument(
        "--lock-timeout",
        type=_seconds,
        default=LOCK_TIMEOUT,
        metavar="SECONDS",
        help="how long to wait for another run of the same target"
        f" (default: {LOCK_TIMEOUT.total_seconds():.0f})",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        default=4,
        metavar="N",
        help="how many targets are audited at once (default: 4)",
    )
    parser.add_argument(
        "--shard",
        type=shard,
        metavar="N/M",
        help="only the N-th of M equal parts of the targets (default: with"
        " $JOB_COMPLETION_INDEX set, that part of $AUDITOR_SHARDS)",
    )
    parser.add_argument(
        "--if-older-than",
        type=span,
        metavar="SPAN",
        help="skip a target that was audited within that time, by whomever",
    )
    add_metrics(parser)
    parser.set_defaults(run=_run, unattended=True)


@stop_on_sigterm()
def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    titles = {rule_id: loaded.rule.title for rule_id, loaded in rules_of(settings).items()}
    fail_on = Severity(arguments.fail_on or settings.fail_on)
    codes: dict[str, frozenset[ExitCode]] = {}
    summaries: dict[str, TargetSummary] = {}
    for audit in audits(settings, arguments):
        codes[audit.target] = codes_of(audit, fail_on)
        if arguments.format == "json":
            summaries[audit.target] = summary_of(audit, debug=arguments.debug)
        with about(target=audit.target):
            _tell(audit, arguments, titles)
    code = worst(frozenset[ExitCode]().union(*codes.values()), exit_zero=arguments.exit_zero)
    if arguments.format == "json":
        in_order = (summaries[each.name] for each in settings.targets if each.name in summaries)
        print_json(
            Summary(auditor=__version__, exit_code=code, fail_on=fail_on, targets=tuple(in_order))
        )
    elif arguments.format == "text" and len(codes) > 1:
        total(codes)
    log_event("ended", exit_code=code.value, targets=len(codes))
    if not arguments.snapshot:
        emit_signals(settings, arguments, code)
    return int(code)


def _tell(audit: TargetResult, arguments: argparse.Namespace, titles: dict[str, str]) -> None:
    """Say at once what became of one target."""
    if audit.outcome is None:
        if audit.skipped:
            print_progress(f"{audit.target}: {audit.error}")
        elif audit.error:
            print_error(f"{audit.target}: {explain(audit.error, debug=arguments.debug)}")
        return
    if arguments.format == "text":
        show(audit.outcome, titles)
    if is_logged():
        log_event("audited", **audit.outcome.log_fields)
    for error in audit.outcome.delivered.errors if audit.outcome.delivered else ():
        print_error(f"{audit.target}: not told: {error}")
    for error in audit.outcome.not_exported:
        print_error(f"{audit.target}: not exported: {error}")


def positive(text: str) -> int:
    """Read a number of things, at least one."""
    if not text.isdecimal() or not int(text):
        msg = f"not a number from 1 on: {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _seconds(text: str) -> timedelta:
    try:
        return timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        msg = f"not a number of seconds: {text!r}"
        raise argparse.ArgumentTypeError(msg) from None


def audits(settings: Settings, arguments: argparse.Namespace) -> Iterator[TargetResult]:
    """Audit what the command line asks for; yield each target when it is done."""
    if arguments.snapshot:
        snapshot = snapshot_file.load(arguments.snapshot)
        target = settings.target(snapshot.target.name)
        return iter([TargetResult(target=target.name, outcome=replay(settings, target, snapshot))])
    targets = targets_of(settings, arguments)
    if not arguments.target and (shard := arguments.shard or shard_of(os.environ)):
        targets = shard.part(targets, org_of)
    place: Path | None = arguments.save_snapshot
    if place and len(targets) > 1 and not place.is_dir():
        msg = f"--save-snapshot {place}: there are several targets; name a directory"
        raise ConfigError(msg)
    jobs = min(arguments.jobs, len(targets)) or 1
    return audit_all(
        settings,
        targets,
        lambda target, org_logs: _audit(
            settings, target, arguments, org_logs=org_logs, alone=jobs == 1
        ),
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
    settings: Settings,
    target: TargetSettings,
    arguments: argparse.Namespace,
    *,
    org_logs: OrgLogs,
    alone: bool,
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
                org_logs=org_logs,
            )
        if place:
            path = place / f"{target.name}.json" if place.is_dir() else place
            snapshot_file.save(outcome.snapshot, path)
            print_progress(f"snapshot: {path}")
    return outcome
