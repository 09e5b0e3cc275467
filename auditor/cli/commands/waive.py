"""The command ``auditor waive``: print the configuration that accepts a finding."""

import unicodedata
from datetime import date, datetime, timedelta
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.completion import complete_findings
from auditor.cli.options import (
    config_option,
    load_configuration,
    required_text,
    span_or_instant,
    target_option,
)
from auditor.errors import ConfigError
from auditor.text import SHORT_ID

if TYPE_CHECKING:
    from auditor.engine.audit_history import StoredFinding

_EPILOG = """\
Examples:
  auditor waive 3fd92c1 --until 2027-01-31 --owner "Identity Platform" \\
      --reason "migration, ticket 4711"
  auditor waive 3fd92c1 --until 30d --owner "IT" --reason "…" >> auditor.toml

Exit codes:
  0  printed
  2  no such finding, or a value cannot be used
"""


@click.command("waive", cls=Command, epilog=_EPILOG)
@click.argument("finding", metavar="ID", shell_complete=complete_findings)
@click.option(
    "--until",
    required=True,
    type=span_or_instant,
    metavar="WHEN",
    help="Last day of the waiver, or a span of time: 2027-01-31, 30d.",
)
@click.option(
    "--reason", required=True, type=required_text, metavar="TEXT", help="Why it is accepted."
)
@click.option("--owner", required=True, type=required_text, metavar="NAME", help="Who accepts it.")
@config_option
@target_option
def command(
    *,
    finding: str,
    until: timedelta | datetime,
    reason: str,
    owner: str,
    config: Path,
    target: tuple[str, ...],
) -> None:
    """Print the [[waiver]] table that accepts one finding. Nothing is changed.

    ID is the id of a finding, or its first digits. Commit the table to auditor.toml. From the
    next audit until the end date, the finding is listed as accepted and causes no notification.
    """
    from auditor.cli.inputs import open_history
    from auditor.cli.stored_findings import find_finding
    from auditor.clock import utc_now

    settings = load_configuration(config)
    expires = _last_day(until, utc_now())
    with open_history(settings, target) as (store, names):
        found = find_finding(store, names, finding)
    click.echo(waiver_toml(found, reason=reason, owner=owner, expires=expires), nl=False)


def waiver_toml(finding: "StoredFinding", *, reason: str, owner: str, expires: date) -> str:
    """Return the table as TOML, one line per value.

    The text is parsed again before it is returned. Raises ConfigError for control characters and
    for a table that would not cover the finding.
    """
    import tomllib

    import msgspec
    import tomli_w

    from auditor.domain.waivers import Waiver

    for option, text in (("--reason", reason), ("--owner", owner)):
        # Unicode's categories of control and format characters, and of separators of lines.
        if any(unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} for character in text):
            msg = f"{option}: the text has control characters or line breaks (write it in one line)"
            raise ConfigError(msg)
    # A subject is a shell pattern: brackets and asterisks of the id stand for themselves.
    subject = "/".join(escape(each) for each in (finding.subject, finding.attribute) if each)
    table = {
        "rule": finding.rule,
        "subject": subject,
        "target": finding.target,
        "owner": owner,
        "reason": reason,
        "expires": expires,
    }
    text = tomli_w.dumps({"waiver": [table]})
    (parsed,) = tomllib.loads(text)["waiver"]
    waiver = msgspec.convert(parsed, Waiver)
    covers = waiver.covers(finding.rule, finding.subject, finding.attribute, finding.target)
    if parsed != table or not covers:
        command = f"auditor findings {finding.id[:SHORT_ID]} -t {finding.target}"
        msg = (
            f"{finding.id}: the subject of this finding cannot be written in a waiver "
            f"(fix the finding: `{command}` shows its remediation)"
        )
        raise ConfigError(msg)
    return text


def _last_day(until: timedelta | datetime, now: datetime) -> date:
    try:
        day = (now + until if isinstance(until, timedelta) else until).date()
    except OverflowError:
        msg = "--until: the date is beyond the calendar (use a date or a shorter span)"
        raise ConfigError(msg) from None
    if day < now.date():
        msg = f"--until: {day} is in the past (use a later date, or a span such as 90d)"
        raise ConfigError(msg)
    return day
