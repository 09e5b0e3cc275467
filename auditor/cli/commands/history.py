"""``auditor history``: the audits that took place, and how complete they were."""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct

from auditor.cli.inputs import head, last_run_at, open_history
from auditor.cli.options import add_config, add_format, add_targets, settings_of
from auditor.cli.output.page import TerminalPage, print_json
from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.audit_history import StoredRun
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from auditor.text import count, format_time


class Runs(Struct, frozen=True, kw_only=True):
    """The audits of one target."""

    target: str
    runs: tuple[StoredRun, ...]
    """Oldest first."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
List the audits that took place: how complete each was, what could not be seen
and why, and how much stood open."""
    parser.epilog = """\
examples:
  auditor history                        the last twenty of each target
  auditor history -t production -n 500
  auditor history --format json | jq '.[].runs[-1].missing'
"""
    add_config(parser)
    add_targets(parser)
    parser.add_argument(
        "-n",
        "--last",
        type=_positive,
        default=20,
        metavar="NUMBER",
        help="how many of each target (default: 20)",
    )
    add_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with open_history(settings, arguments) as (store, names):
        found = tuple(
            Runs(target=name, runs=store.history.runs(name, limit=arguments.last)) for name in names
        )
        audited = {name: last_run_at(store, name) for name in names}
    if arguments.format == "json":
        print_json(found)
        return 0
    for each in found:
        page = TerminalPage()
        head(page, each.target, audited[each.target])
        page.gap()
        _show(page, each.runs)
        page.gap()
    return 0


def _show(page: TerminalPage, runs: Iterable[StoredRun]) -> None:
    version = ""
    for run in runs:
        if run.version != version:
            version = run.version
            page.line((f"by auditor {version}", "dim"))
        blind = run.counts.verdicts.get(VerdictStatus.UNKNOWN, 0)
        sight = f"{count(blind, 'rule')} blind" if blind else "no rule blind"
        page.ends([f"{format_time(run.at)}  ", (sight, "bold")], _count_open(run))
        gaps = {
            name: missing
            for name, missing in sorted(run.missing.items())
            if missing.why is not MissingReason.NOT_ON_THIS_EDITION
        }
        if blind:
            _show_gaps(page, gaps)
        elif gaps:
            page.line(f"not seen: {', '.join(gaps)}", indent=2)


def _show_gaps(page: TerminalPage, gaps: Mapping[str, MissingData]) -> None:
    """Write why each part was not seen; what several have in common once."""
    by_cause: defaultdict[str, list[str]] = defaultdict(list)
    for name, missing in gaps.items():
        by_cause[missing.cause].append(name)
    for cause, names in by_cause.items():
        if len(names) == 1:
            page.line(str(gaps[names[0]]), indent=2, label=f"{names[0]}: ")
        else:
            page.line(f"{', '.join(names)}: {cause}", indent=2)


def _count_open(run: StoredRun) -> str:
    worst_first = sorted(Severity, key=lambda each: -each.rank)
    found = [f"{run.counts.open[each]:,} {each}" for each in worst_first if run.counts.open[each]]
    return f"open: {', '.join(found)}" if found else "nothing open"


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        msg = f"not a number from one on: {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)
