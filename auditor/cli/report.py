"""``auditor report``: write the HTML report from what is remembered."""

import argparse
from datetime import UTC, datetime

from auditor.cli.options import add_config, add_targets, settings_of, targets_of
from auditor.cli.output import print_json
from auditor.cli.times import add_since, instant
from auditor.config.settings import Settings, TargetSettings
from auditor.deliver.report_files import write
from auditor.judge.report import Report, build_report
from auditor.run import rules_for
from auditor.store import open_store


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Write the report on a period, from what is remembered: Okta and Unleash are not
asked, and their tokens are not needed."""
    parser.epilog = """\
examples:
  auditor report                               the last seven days, every target
  auditor report -t production --since 30d     a month of one target
  auditor report --until 2026-11-01            as it stood then
  auditor report --format json                 the same, for scripts
"""
    add_config(parser)
    add_targets(parser)
    add_since(parser)
    parser.add_argument(
        "--until", type=instant, metavar="DATE", help="the end of the period (default: now)"
    )
    parser.add_argument(
        "--format", choices=("html", "json"), default="html", help="a file, or text on stdout"
    )
    parser.add_argument(
        "--destination",
        metavar="PLACE",
        help="where it goes, instead of report.destination of the configuration",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    until = arguments.until or datetime.now(UTC)
    reports = [
        report_on(settings, target, since=until - arguments.since, until=until)
        for target in targets_of(settings, arguments)
    ]
    if arguments.format == "json":
        print_json(reports)
        return 0
    place = arguments.destination or settings.report.destination
    for report in reports:
        print(write(report, place, keep=settings.report.keep_reports))
    return 0


def report_on(
    settings: Settings, target: TargetSettings, *, since: datetime, until: datetime
) -> Report:
    """Read what is remembered of one target, and say how it stood."""
    rules = rules_for(settings, target)
    with open_store(settings.store.url().reveal()) as store:
        history = store.history(target.name, since=since, until=until)
    return build_report(
        history,
        target=target.target,
        rules=rules,
        since=since,
        until=until,
        waivers=settings.waivers,
        attestations=settings.attestations,
    )
