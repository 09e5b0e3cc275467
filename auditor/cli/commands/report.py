"""The command ``auditor report``: write the HTML report from stored results."""

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.options import (
    beginning,
    checked_place,
    config_option,
    format_option,
    instant,
    load_configuration,
    refuse_together,
    since_option,
    target_option,
    targets_of,
)
from auditor.cli.output.exit_code import ExitCode
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.config.settings import Settings
    from auditor.engine.views.target_report.report import Report
    from auditor.store.store import Store

_EPILOG = """\
Examples:
  auditor report                               the last seven days, every target
  auditor report -t production --since 30d     a month of one target
  auditor report --until 2026-11-01            as it was on that day
  auditor report --format json                 the same, for scripts
  auditor report --weekly --send               from a schedule: written and sent

Exit codes:
  0  written, and sent if requested
  2  unusable configuration or database
  4  a report could not be written or sent
"""


@click.command("report", cls=Command, epilog=_EPILOG)
@config_option
@target_option
@since_option(default=None)
@click.option(
    "--weekly",
    is_flag=True,
    help="The last complete ISO week before --until. Its report is written once and never changes.",
)
@click.option("--fleet", is_flag=True, help="Also write the overview of all targets.")
@click.option(
    "--until", type=instant, metavar="DATE", help="End of the period (default: the current time)."
)
@format_option("html", "json", "log")
@click.option(
    "--destination",
    metavar="PLACE",
    help="Where the report is written (default: report.destination).",
)
@click.option(
    "--send", is_flag=True, help="Also send the report to the channels; a period is sent once."
)
def command(
    *,
    config: Path,
    target: tuple[str, ...],
    since: timedelta | None,
    until: datetime | None,
    output_format: str,
    destination: str | None,
    weekly: bool,
    fleet: bool,
    send: bool,
) -> int:
    """Write the report of a period from stored results.

    No service is called, and no token of Okta or Unleash is needed. With --format log, the
    command prints JSON lines only.
    """
    from auditor.cli.output.stderr import json_log

    if weekly:
        refuse_together("--weekly", ("--since", since))
    if send:
        # Messages link to report.destination.
        refuse_together("--send", ("--destination", destination))
    if output_format == "json" and not fleet:
        # JSON is printed, and only the overview is written.
        refuse_together("--format json", ("--destination", destination))
    with json_log(sys.stdout) if output_format == "log" else nullcontext():
        return _report(
            config=config,
            names=target,
            since=since,
            until=until,
            output_format=output_format,
            destination=destination,
            weekly=weekly,
            fleet=fleet,
            send=send,
        )


def _report(
    *,
    config: Path,
    names: tuple[str, ...],
    since: timedelta | None,
    until: datetime | None,
    output_format: str,
    destination: str | None,
    weekly: bool,
    fleet: bool,
    send: bool,
) -> int:
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.page import format_time
    from auditor.cli.output.stderr import log_event
    from auditor.clock import utc_now
    from auditor.config.rule_settings import rules_for
    from auditor.pipeline.reports import (
        WEEK,
        affected_beside,
        publish_fleet,
        report_on,
        weekly_report,
    )
    from auditor.publish.archive import write
    from auditor.store import open_store

    settings = load_configuration(config)
    now = utc_now()
    end = until or now
    if end > now:
        msg = f"--until: {format_time(end)} is in the future (use an earlier date, or omit --until)"
        raise ConfigError(msg)
    start = beginning(end, since or WEEK)
    with open_store(settings.store.database_url().reveal(), create=False) as store:
        reports = [
            weekly_report(store, settings, each, rules_for(settings, each), at=end)
            if weekly
            else report_on(store, settings, each, rules_for(settings, each), since=start, until=end)
            for each in targets_of(settings, names)
        ]
        place = checked_place(destination) if destination else settings.report.destination
        if fleet:
            address = publish_fleet(store, settings, place, at=end)
            if output_format == "html":
                click.echo(address)
            log_event("overview written", address=address)
        code = _send(store, settings, reports, output_format) if send else ExitCode.OK
    if output_format == "json":
        print_json(reports)
    if send or output_format == "json":
        return code
    for report in reports:
        affected = affected_beside(settings, report)
        written = write(report, place, keep=settings.report.keep_reports, affected=affected)
        address = written.address
        _print_address(report, address, output_format)
    return ExitCode.OK


def _print_address(report: "Report", address: str, output_format: str) -> None:
    from auditor.cli.output.stderr import log_event

    if output_format == "html":
        click.echo(address)
    log_event("reported", target=report.target.name, address=address)


def _send(
    store: "Store", settings: "Settings", reports: Iterable["Report"], output_format: str
) -> int:
    from auditor.cli.output.stderr import log_context, print_error, print_progress
    from auditor.clock import utc_now
    from auditor.notify.dispatch import channels_of
    from auditor.pipeline.reports import publish

    channels = channels_of(settings)
    code = ExitCode.OK
    for report in reports:
        name = report.target.name
        with log_context(target=name):
            # Before the delivery: afterwards, a period that was just sent counts too.
            was_sent = _is_delivered(store, report, channels)
            address, delivered = publish(store, settings, report, utc_now)
            _print_address(report, address, output_format)
            for error in delivered.errors:
                print_error(f"{name}: not delivered: {error}")
            if not channels:
                print_progress(f"{name}: not sent, no [slack] or [[webhook]] is configured")
            elif was_sent:
                print_progress(f"{name}: not sent again, this period was sent before")
            elif _is_delivered(store, report, channels):
                print_progress(f"{name}: sent")
            elif not delivered.errors:
                print_progress(f"{name}: not sent, it failed before or another process sends it")
        if not delivered.complete:
            code = ExitCode.NOT_DELIVERED
    return code


def _is_delivered(store: "Store", report: "Report", channels: tuple[str, ...]) -> bool:
    """Return whether the digest of a report was delivered on each configured channel."""
    from auditor.engine.views.digest import weekly_digest

    return store.outbox.is_delivered(report.target.name, weekly_digest(report).key, channels)
