"""``auditor serve``: audit and report by a schedule, until it is stopped."""

import argparse
import os
import sys

from auditor.cli.options import add_config
from auditor.clock import utc_now


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Audit and report by the schedule of the configuration, until it is stopped. What
was missed while it was down is made up for. Two of them on one database share
the work."""
    parser.epilog = """\
examples:
  auditor serve                        hourly audits, Monday's report
  curl http://127.0.0.1:9187/readyz    whether every target was audited lately
  curl http://127.0.0.1:9187/metrics   for Prometheus
  open http://127.0.0.1:8187           the reports

signals: TERM and INT end it when what runs is done, or serve.grace is over;
HUP reads the configuration anew, and keeps the old one if it cannot be used
"""
    add_config(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from auditor.config.loading import load_settings
    from auditor.observability.logs import set_up_logs
    from auditor.serve.service import Service, handling_signals

    set_up_logs()
    service = Service(lambda: load_settings(arguments.config, os.environ), utc_now)
    with handling_signals(service):
        ended = service.run()
    if not ended:  # threads that still work would keep the process alive; the store bears it
        sys.stderr.flush()
        os._exit(0)
    return 0
