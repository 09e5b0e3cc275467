"""``auditor ack``: somebody knows of an incident, and wants no reminder for a while."""

import argparse
import getpass
from collections.abc import Callable
from datetime import datetime, timedelta

from auditor.cli.inputs import open_history
from auditor.cli.options import add_config, add_format, add_targets, settings_of, span_or_instant
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.page import print_json
from auditor.cli.output.stderr import print_error
from auditor.clock import utc_now
from auditor.engine.incidents.incident import Acknowledgement
from auditor.errors import ConfigError
from auditor.notify.dispatch import deliver
from auditor.pipeline.notifications import Acknowledged, acknowledge_incident
from auditor.text import format_time, sanitize


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Silence the reminders of an incident for a while, and say in its thread who did
it and why. It stays open, counts as before, and is announced when it gets worse
or comes back: to accept a finding, write a [[waiver]] into the configuration."""
    parser.epilog = """\
examples:
  auditor ack email-not-login --until 3d --reason "change window on Thursday"
  auditor ack 3f0c9a1be2d47586 --until 2027-01-31 --reason "vendor ticket 4711"
"""
    parser.add_argument("id", metavar="ID", help="the rule's id, or the id of one of its findings")
    add_config(parser)
    add_targets(parser)
    parser.add_argument(
        "--until",
        required=True,
        type=span_or_instant,
        metavar="WHEN",
        help="a date, or for how long: 2027-01-31, 3d, '2 weeks'",
    )
    parser.add_argument(
        "--reason", required=True, type=_said("why it may wait"), help="why it may wait"
    )
    parser.add_argument(
        "--by",
        type=_said("who says so"),
        metavar="NAME",
        help="who says so (default: the user's name)",
    )
    add_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    at = utc_now()
    until = _end(arguments.until, at)
    if until <= at:
        msg = f"--until {format_time(until)}: that is over already"
        raise ConfigError(msg)
    acknowledgement = Acknowledgement(
        by=arguments.by or _user(), reason=arguments.reason, until=until
    )
    with open_history(settings, arguments) as (store, names):
        tried = [
            acknowledge_incident(store, settings, name, arguments.id, acknowledgement)
            for name in names
        ]
        told = deliver(store, settings, utc_now, of=names)
    known = [each for each in tried if each]
    if not known:
        msg = f"no open incident is called {arguments.id!r} (`auditor findings` lists what is open)"
        raise ConfigError(msg)
    if arguments.format == "json":
        print_json(known)
    else:
        for each in known:
            print(
                f"{each.target}: no reminder of {each.rule} "
                f"until {format_time(until)}{_instead(each)}"
            )
    for error in told.errors:
        print_error(f"not told: {error}")
    return ExitCode.OK if told.complete else ExitCode.NOT_DELIVERED


def _said(what: str) -> Callable[[str], str]:
    """Read words; refuse to take nothing for them."""

    def read(text: str) -> str:
        if not text.strip():
            msg = f"it is blank; write {what}"
            raise argparse.ArgumentTypeError(msg)
        return text

    return read


def _end(wanted: timedelta | datetime, at: datetime) -> datetime:
    try:
        return at + wanted if isinstance(wanted, timedelta) else wanted
    except OverflowError:
        msg = "--until: that is beyond the calendar; write a date, or a shorter time"
        raise ConfigError(msg) from None


def _instead(known: Acknowledged) -> str:
    if (before := known.instead_of) is None:
        return ""
    return f", instead of {sanitize(before.by)}'s until {format_time(before.until)}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        msg = "nobody knows who you are: say it with --by"
        raise ConfigError(msg) from None
