"""The command ``auditor lockout``: which admins can still sign in after a failure."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    refuse_together,
    snapshot_option,
    target_option,
)
from auditor.cli.output.exit_code import ExitCode

if TYPE_CHECKING:
    from auditor.engine.simulation.lockout import Lockout

EPILOG = """\
Examples:
  auditor lockout                          read both services, all targets
  auditor lockout -t production -v         with every path and its reasons
  auditor lockout --snapshot today.json    for a saved snapshot

Exit codes:
  0  an admin can sign in now and after each of the failures
  1  no admin can sign in now, or after at least one of the failures
  2  the command line or the configuration cannot be used
  3  at least one scenario could not be decided
"""


@click.command("lockout", cls=Command, epilog=EPILOG)
@config_option
@target_option
@snapshot_option
@click.option("-v", "--verbose", is_flag=True, help="Show every path with its reasons.")
@format_option("text", "json")
def command(
    config: Path,
    target: tuple[str, ...],
    snapshot: Path | None,
    output_format: str,
    *,
    verbose: bool,
) -> int:
    """List for each failure whether an admin can still sign in to Unleash.

    Adoption of an account by SCIM is listed as possible, not as certain, because the code of
    Unleash's SCIM server is not public.
    """
    from auditor.cli.inputs import snapshots
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.lockout_page import print_lockout
    from auditor.cli.output.page import TerminalPage
    from auditor.domain.context import RuleContext
    from auditor.engine.simulation.lockout import simulate_lockout

    if output_format == "json":
        refuse_together("--format json", ("--verbose", verbose))
    if snapshot:
        refuse_together("--snapshot", ("--target", target))
    settings = load_configuration(config)
    found = tuple(
        simulate_lockout(RuleContext(read, settings.attestations))
        for _, read in snapshots(settings, target, snapshot)
    )
    if output_format == "json":
        print_json(found)
    else:
        for each in found:
            print_lockout(TerminalPage(), each, verbose=verbose)
    return _exit_code(found)


def _exit_code(found: "tuple[Lockout, ...]") -> int:
    from auditor.engine.simulation.lockout import AccessAnswer

    # A lock-out that is certain is more important than a scenario that is not decided.
    if any(each.single_points or each.is_locked_out for each in found):
        return ExitCode.FINDINGS
    is_open = any(
        scenario.reachable is AccessAnswer.UNKNOWN for each in found for scenario in each.scenarios
    )
    return ExitCode.NOT_EVALUATED if is_open else ExitCode.OK
