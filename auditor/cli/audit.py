"""``auditor run``: audit the targets, remember and tell what changed."""

import argparse
from datetime import timedelta
from pathlib import Path

from auditor import __version__
from auditor.cli import explain
from auditor.cli.auditing import audits, codes_of, shard, summary_of
from auditor.cli.console import tell
from auditor.cli.exit_code import ExitCode, worst
from auditor.cli.options import add_config, add_format, add_targets, rules_of, settings_of
from auditor.cli.output import print_json
from auditor.cli.page import Page
from auditor.cli.signs import add_metrics, leave_signs
from auditor.cli.times import span
from auditor.cli.total import total
from auditor.cli.voice import about, complain, is_logged, note, remark
from auditor.engine.evaluation.unreadable_sides import unreadable_sides
from auditor.engine.findings.tracked_findings import Novelty
from auditor.engine.views.run_summary import Summary, TargetSummary
from auditor.pipeline.audit import LOCK_TIMEOUT, Outcome
from auditor.pipeline.batch import TargetResult
from auditor.rule.severity import Severity
from auditor.text import format_time


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
    note("ended", exit_code=code.value, targets=len(codes))
    if not arguments.snapshot:
        leave_signs(settings, arguments, code)
    return int(code)


def _tell(audit: TargetResult, arguments: argparse.Namespace, titles: dict[str, str]) -> None:
    """Say at once what became of one target."""
    if audit.outcome is None:
        if audit.skipped:
            remark(f"{audit.target}: {audit.error}")
        elif audit.error:
            complain(f"{audit.target}: {explain(audit.error, debug=arguments.debug)}")
        return
    if arguments.format == "text":
        show(audit.outcome, titles)
    if is_logged():
        note("audited", **audit.outcome.log_fields)
    for error in audit.outcome.delivered.errors if audit.outcome.delivered else ():
        complain(f"{audit.target}: not told: {error}")
    for error in audit.outcome.not_exported:
        complain(f"{audit.target}: not exported: {error}")


def show(outcome: Outcome, titles: dict[str, str]) -> None:
    """Write one target's outcome for a person."""
    page = Page()
    target = outcome.snapshot.target
    page.ends([(outcome.target, "bold")], format_time(outcome.at))
    page.whole(f"{target.org_url} {target.app_id} → {target.unleash_url}")
    if outcome.delivered is None:
        page.line("A saved snapshot, judged again: nothing of this is remembered or told.")
    elif any(entry.novelty is Novelty.BASELINE for entry in outcome.delta.entries):
        page.line("First audit of this target: what stands is where it starts, not drift.")
    page.gap()
    dark = unreadable_sides(outcome.snapshot)
    tell(page, outcome.evaluated, outcome.delta, outcome.changes, titles, dark=dark)
    page.gap()


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
