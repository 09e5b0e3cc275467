"""``auditor export``: the report for machines, on stdout."""

import argparse
import sys

from auditor.cli.options import add_config, add_since, add_targets, begin, settings_of, targets_of
from auditor.clock import utc_now
from auditor.config.rule_settings import rules_for
from auditor.pipeline.reports import report_on
from auditor.publish.latest_exports import FORMATS
from auditor.store import open_store


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Write what is remembered for other programs: every finding, also those that the
HTML report only counts. Okta and Unleash are not asked."""
    parser.epilog = """\
examples:
  auditor export > report.json                 the whole report, as JSON
  auditor export --format csv > findings.csv   for spreadsheets; no formula runs
  auditor export --format ocsf                 for a SIEM: OCSF 2003, one a line
"""
    add_config(parser)
    add_targets(parser)
    add_since(parser)
    parser.add_argument(
        "--format", choices=sorted(FORMATS), default="json", help="what to write (default: json)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    now = utc_now()
    since = begin(now, arguments.since)
    with open_store(settings.store.database_url().reveal(), create=False) as store:
        reports = tuple(
            report_on(store, settings, target, rules_for(settings, target), since=since, until=now)
            for target in targets_of(settings, arguments)
        )
    sys.stdout.write(FORMATS[arguments.format](reports))
    return 0
