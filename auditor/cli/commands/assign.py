"""The command ``auditor assign``: assign the cause of an incident to an owner."""

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
    target_option,
    user_name,
)

if TYPE_CHECKING:
    from auditor.pipeline.incident_response import ActionResult

_EPILOG = """\
Examples:
  auditor assign email-not-login --to "Mira Torres"
  auditor assign 3f0c9a1 --to "Identity Platform" --by "Jo Vance"

Exit codes:
  0  assigned
  2  no such open incident, or unusable configuration
  4  assigned, but a notification is pending
"""


@click.command("assign", cls=Command, epilog=_EPILOG)
@click.argument("incident", metavar="ID", shell_complete=complete_findings)
@config_option
@target_option
@click.option("--to", required=True, type=required_text, metavar="NAME", help="The new owner.")
@click.option(
    "--by",
    type=required_text,
    metavar="NAME",
    help="Who assigns it (default: the name of the operating system user).",
)
@format_option("text", "json")
def command(
    *,
    incident: str,
    config: Path,
    target: tuple[str, ...],
    to: str,
    by: str | None,
    output_format: str,
) -> int:
    """Assign the cause of an incident to an owner. ID is a rule, or the id of a cause or a finding.

    Messages, reports and commands show the owner for all findings of the cause, instead of the
    owner in the configuration, until the cause is fixed.
    """
    from auditor.cli.commanded_action import act_and_report
    from auditor.clock import utc_now
    from auditor.engine.incidents.incident_action import ActionKind

    return act_and_report(
        load_configuration(config),
        target,
        incident,
        kind=ActionKind.ASSIGN,
        by=by or user_name(),
        at=utc_now(),
        owner=to,
        describe=_describe,
        output_format=output_format,
    )


def _describe(result: "ActionResult", rule: str) -> str:
    from auditor.text import sanitize

    return f"{result.action.target}: {rule} is assigned to {sanitize(result.action.owner)}"
