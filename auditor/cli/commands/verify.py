"""The command ``auditor verify``: whether a finding or a cause is fixed now."""

from datetime import timedelta
from pathlib import Path

import click

from auditor.cli.command_group import Command
from auditor.cli.completion import complete_findings
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    span,
    target_option,
)
from auditor.cli.output.exit_code import ExitCode

_EPILOG = """\
Examples:
  auditor verify 3fd92c1                read now: fixed or still open
  auditor verify 3fd92c1 --wait 10m     read again until it is fixed
  auditor verify 3fd92c1 --format json | jq -r .status
  terraform apply && auditor verify 3fd92c1 --wait 10m

Exit codes:
  0  fixed
  1  still open
  2  no such finding, or the configuration or the database cannot be used
  3  not evaluated, with the reason
"""


@click.command("verify", cls=Command, epilog=_EPILOG)
@click.argument("finding", metavar="ID", shell_complete=complete_findings)
@config_option
@target_option
@click.option(
    "--wait",
    type=span,
    default=None,
    metavar="SPAN",
    help="Repeat until it is fixed, for this long at most: 10m, 1h (default: read once).",
)
@format_option("text", "json")
def command(
    finding: str,
    config: Path,
    target: tuple[str, ...],
    wait: timedelta | None,
    output_format: str,
) -> int:
    """Read Okta and Unleash now, and report whether ID is fixed.

    ID is the id of a cause or a finding, or its first digits. A cause is fixed when all of its
    findings are. The command stores nothing and sends nothing: the next audit resolves the
    finding.
    """
    from auditor.cli.inputs import open_history
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.page import TerminalPage
    from auditor.cli.output.stderr import progress
    from auditor.cli.output.verification_page import print_verification
    from auditor.cli.stored_findings import find_finding
    from auditor.clock import utc_now
    from auditor.engine.findings.verified_finding import VerificationStatus
    from auditor.pipeline.verification import (
        Verification,
        verification_subject,
        verify,
        verify_until_fixed,
    )

    settings = load_configuration(config)
    # Closed again before the first read, because --wait can last for hours.
    with open_history(settings, target) as (store, names):
        subject = verification_subject(store, settings, find_finding(store, names, finding))

    def verify_once() -> Verification:
        with progress(f"Reading {subject.target}") as report:
            return verify(settings, subject, utc_now, progress=report)

    result = verify_until_fixed(verify_once, wait or timedelta())
    if output_format == "json":
        print_json(result)
    else:
        print_verification(TerminalPage(), result)
    codes = {
        VerificationStatus.FIXED: ExitCode.OK,
        VerificationStatus.STILL_OPEN: ExitCode.FINDINGS,
        VerificationStatus.NOT_EVALUATED: ExitCode.NOT_EVALUATED,
    }
    return codes[result.status]
