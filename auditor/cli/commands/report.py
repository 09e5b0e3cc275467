"""``auditor report``: write the HTML report from what is remembered."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from auditor.cli.options import (
    add_config,
    add_since,
    add_targets,
    begin,
    instant,
    settings_of,
    targets_of,
)
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.page import print_json
from auditor.cli.output.stderr import about, log_event, print_error, print_progress
from auditor.clock import utc_now
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings
from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.report import Report
from auditor.errors import ConfigError
from auditor.notify.dispatch import channels_of
from auditor.pipeline.reports import publish, publish_fleet, report_on, weekly_report
from auditor.publish.archive import write
from auditor.store import open_store
from auditor.text import format_time

if TYPE_CHECKING:
    from auditor.store.store import Store


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
  auditor report --weekly --send               for a schedule: written, and told
"""
    add_config(parser)
    add_targets(parser)
    period = parser.add_mutually_exclusive_group()
    add_since(period)
    period.add_argument(
        "--weekly",
        action="store_true",
        help="the last complete ISO week before --until, in the schedule's time zone; it is "
        "written once and never changes",
    )
    parser.add_argument(
        "--fleet", action="store_true", help="write the overview of all targets as well"
    )
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
    parser.add_argument(
        "--send", action="store_true", help="tell people of it as well; of the same days once"
    )
    parser.set_defaults(run=_run, unattended=True)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    now = utc_now()
    until = arguments.until or now
    if until > now:
        msg = f"--until {format_time(until)}: that has not come yet"
        raise ConfigError(msg)
    since = begin(until, arguments.since)
    with open_store(settings.store.database_url().reveal(), create=False) as store:
        reports = [
            weekly_report(store, settings, target, rules_for(settings, target), at=until)
            if arguments.weekly
            else report_on(
                store, settings, target, rules_for(settings, target), since=since, until=until
            )
            for target in targets_of(settings, arguments)
        ]
        if arguments.fleet:
            print(publish_fleet(store, settings, at=until))
        if arguments.send and arguments.format != "json":
            return _send(store, settings, reports)
    if arguments.format == "json":
        print_json(reports)
        return 0
    place = arguments.destination or settings.report.destination
    for report in reports:
        print(write(report, place, keep=settings.report.keep_reports).address)
    return 0


def _send(store: "Store", settings: Settings, reports: Iterable[Report]) -> int:
    code = ExitCode.OK
    for report in reports:
        with about(target=report.target.name):
            already = _is_told(store, report, channels_of(settings))
            address, delivered = publish(store, settings, report, utc_now)
            print(address)
            log_event("reported", address=address)
            for error in delivered.errors:
                print_error(f"{report.target.name}: not told: {error}")
            if not channels_of(settings):
                print_progress(f"{report.target.name}: nobody to tell: no [slack], no [[webhook]]")
            elif already:
                print_progress(f"{report.target.name}: these days were told already")
            elif _is_told(store, report, channels_of(settings)):
                print_progress(f"{report.target.name}: told")
            elif not delivered.errors:
                print_progress(
                    f"{report.target.name}: not told: given up, or another process is at it"
                )
        if not delivered.complete:
            code = ExitCode.NOT_DELIVERED
    return code


def _is_told(store: "Store", report: Report, channels: tuple[str, ...]) -> bool:
    """Return whether the digest of a report was delivered on each channel that there is."""
    name = report.target.name
    return store.outbox.is_delivered(name, weekly_digest(report).key, channels)
