"""The command ``auditor ack``: pause the reminders of an incident."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.completion import complete_findings
from auditor.cli.options import (
    FIXED,
    config_option,
    end_of_pause,
    format_option,
    load_configuration,
    required_text,
    target_option,
    user_name,
)
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.pipeline.incident_response import ActionResult

_EPILOG = """\
Examples:
  auditor ack email-not-login --until 3d --reason "change window on Thursday"
  auditor ack 3f0c9a1 --until 2027-01-31 --reason "vendor ticket 4711"
  auditor ack push-flag-off --until fixed --reason "fixed with the next release"
  auditor ack 3f0c9a1 --resume            end an acknowledgement

The longest time is 7 days for a critical incident, for an incident about
admin access, and for "Audit incomplete".

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
    type=end_of_pause,
    metavar="WHEN",
    help="A date, a span of time or 'fixed': 2027-01-31, 3d, '2 weeks', fixed.",
)
@click.option("--reason", type=required_text, metavar="TEXT", help="Why it can wait.")
@click.option("--resume", is_flag=True, help="End the acknowledgement: reminders begin again.")
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
    until: timedelta | datetime | str | None,
    reason: str | None,
    resume: bool,
    by: str | None,
    output_format: str,
) -> int:
    """Pause the reminders of an incident. ID is a rule, or the id of a cause or a finding.

    The thread of the incident shows who paused them and why. The incident stays open and counts
    as before. It is announced again if it gets worse or is reopened. To accept a finding, use
    `auditor waive`. --until and --reason are required, unless --resume ends an acknowledgement.
    """
    from auditor.cli.commanded_action import act_and_report
    from auditor.cli.output.page import format_time
    from auditor.clock import utc_now
    from auditor.engine.incidents.incident_action import ActionKind

    if resume and (until or reason):
        msg = "--resume cannot be used with --until or --reason (omit them, or omit --resume)"
        raise ConfigError(msg)
    if not resume and (until is None or reason is None):
        msg = "--until and --reason are required (or --resume, to end an acknowledgement)"
        raise ConfigError(msg)
    settings = load_configuration(config)
    at = utc_now()
    # The checks above leave only --resume.
    if until is None or reason is None:
        return act_and_report(
            settings,
            target,
            incident,
            kind=ActionKind.RESUME,
            by=by or user_name(),
            at=at,
            describe=lambda result, rule: f"{result.action.target}: reminders of {rule} resumed",
            output_format=output_format,
        )
    end = _end(until, at)
    if end is not None and end <= at:
        msg = f"--until: {format_time(end)} is in the past (use a later date, or a span such as 7d)"
        raise ConfigError(msg)
    return act_and_report(
        settings,
        target,
        incident,
        kind=ActionKind.ACKNOWLEDGE,
        by=by or user_name(),
        at=at,
        until=end,
        reason=reason,
        describe=_describe,
        output_format=output_format,
    )


def _end(until: timedelta | datetime | str, at: datetime) -> datetime | None:
    if until == FIXED:
        return None
    try:
        return at + until if isinstance(until, timedelta) else until  # type: ignore[return-value]  # FIXED is the only text
    except OverflowError:
        msg = "--until: the date is beyond the calendar (use a date or a shorter span)"
        raise ConfigError(msg) from None


def _describe(result: "ActionResult", rule: str) -> str:
    from auditor.cli.output.page import format_time
    from auditor.text import sanitize

    until = result.action.until
    end = format_time(until) if until else "it is fixed"
    line = f"{result.action.target}: no reminders of {rule} until {end}"
    if (before := result.instead_of) is None:
        return line
    ended = format_time(before.until) if before.until else "it is fixed"
    return f"{line}; this replaces {sanitize(before.by)}'s, until {ended}"
