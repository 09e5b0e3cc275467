"""The command ``auditor ack``: pause the reminders of an incident."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.completion import complete_findings
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    required_text,
    span_or_instant,
    target_option,
)
from auditor.cli.output.exit_code import ExitCode
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.pipeline.notifications import Acknowledged

_EPILOG = """\
Examples:
  auditor ack email-not-login --until 3d --reason "change window on Thursday"
  auditor ack 3f0c9a1be2d47586 --until 2027-01-31 --reason "vendor ticket 4711"

Exit codes:
  0  acknowledged
  2  no such open incident, or unusable configuration
  4  acknowledged, but a notification is pending
"""


@click.command("ack", cls=Command, epilog=_EPILOG)
@click.argument("incident", metavar="ID", shell_complete=complete_findings)
@config_option
@target_option
@click.option(
    "--until",
    required=True,
    type=span_or_instant,
    metavar="WHEN",
    help="A date or a span of time: 2027-01-31, 3d, '2 weeks'.",
)
@click.option(
    "--reason", required=True, type=required_text, metavar="TEXT", help="Why it can wait."
)
@click.option(
    "--by",
    type=required_text,
    metavar="NAME",
    help="Who acknowledges it (default: the name of the operating system user).",
)
@format_option("text", "json")
def command(
    *,
    incident: str,
    config: Path,
    target: tuple[str, ...],
    until: timedelta | datetime,
    reason: str,
    by: str | None,
    output_format: str,
) -> int:
    """Pause the reminders of an incident. ID is a rule id or a finding id.

    The thread of the incident shows who paused them and why. The incident stays open and counts
    as before. It is announced again if it gets worse or is reopened. To accept a finding, use
    `auditor waive`.
    """
    from auditor.cli.inputs import open_history
    from auditor.cli.output.page import format_time, print_json
    from auditor.cli.output.stderr import print_error
    from auditor.clock import utc_now
    from auditor.engine.incidents.incident import Acknowledgement
    from auditor.notify.dispatch import deliver
    from auditor.pipeline.notifications import acknowledge_incident

    settings = load_configuration(config)
    at = utc_now()
    end = _end(until, at)
    if end <= at:
        msg = f"--until: {format_time(end)} is in the past"
        raise ConfigError(msg)
    acknowledgement = Acknowledgement(by=by or _user(), reason=reason, until=end)
    with open_history(settings, target) as (store, names):
        results = [
            acknowledge_incident(store, settings, name, incident, acknowledgement) for name in names
        ]
        delivered = deliver(store, settings, utc_now, of=names)
    acknowledged = [each for each in results if each]
    if not acknowledged:
        msg = f'{incident}: no open incident has this id ("auditor findings" lists open findings)'
        raise ConfigError(msg)
    if output_format == "json":
        print_json(acknowledged)
    else:
        for each in acknowledged:
            click.echo(
                f"{each.target}: no reminders of {each.rule} until {format_time(end)}"
                f"{_replaced(each)}"
            )
    for error in delivered.errors:
        print_error(f"not delivered: {error}")
    return ExitCode.OK if delivered.complete else ExitCode.NOT_DELIVERED


def _end(until: timedelta | datetime, at: datetime) -> datetime:
    try:
        return at + until if isinstance(until, timedelta) else until
    except OverflowError:
        msg = "--until: the date is beyond the calendar (use a date or a shorter span)"
        raise ConfigError(msg) from None


def _replaced(acknowledged: "Acknowledged") -> str:
    from auditor.cli.output.page import format_time
    from auditor.text import sanitize

    if (before := acknowledged.instead_of) is None:
        return ""
    return f"; this replaces {sanitize(before.by)}'s, until {format_time(before.until)}"


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the user of a container can have no name
        msg = "--by is required: the operating system user has no name"
        raise ConfigError(msg) from None
