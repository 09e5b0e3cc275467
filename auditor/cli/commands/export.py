"""The command ``auditor export``: export findings as JSON, CSV or OCSF."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from auditor.cli.command_group import Command
from auditor.cli.options import (
    beginning,
    config_option,
    format_option,
    load_configuration,
    since_option,
    target_option,
    targets_of,
)

_EPILOG = """\
Examples:
  auditor export > report.json                 the complete report as JSON
  auditor export --format csv > findings.csv   for spreadsheets
  auditor export --format ocsf                 for a SIEM: OCSF 2003, JSON lines

Formulas in CSV cells are neutralized.
"""


@click.command("export", cls=Command, epilog=_EPILOG)
@config_option
@target_option
@since_option()
@format_option("json", "csv", "ocsf")
def command(config: Path, target: tuple[str, ...], since: timedelta, output_format: str) -> None:
    """Export stored findings for other programs, on stdout.

    The export lists every finding. The HTML report only counts some of them. The command reads
    the database only.
    """
    from auditor.clock import utc_now
    from auditor.config.rule_settings import rules_for
    from auditor.pipeline.reports import report_on
    from auditor.publish.latest_exports import RENDERERS
    from auditor.store import open_store

    settings = load_configuration(config)
    until = utc_now()
    start = beginning(until, since)
    rules = [(each, rules_for(settings, each)) for each in targets_of(settings, target)]
    with open_store(settings.store.database_url().reveal(), create=False) as store:
        # One report at a time: each can hold very many findings.
        reports = (
            report_on(store, settings, each, bound, since=start, until=until)
            for each, bound in rules
        )
        sys.stdout.writelines(RENDERERS[output_format](reports))
