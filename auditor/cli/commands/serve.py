"""The command ``auditor serve``: run audits and reports on a schedule."""

import os
import sys
from pathlib import Path

import click

from auditor.cli.command_group import Command
from auditor.cli.options import config_option

_EPILOG = """\
Examples:
  auditor serve                        hourly audits, a report on Mondays
  curl http://127.0.0.1:9187/readyz    whether every target was audited recently
  curl http://127.0.0.1:9187/metrics   metrics for Prometheus
  open http://127.0.0.1:8187           the reports

Signals:
  TERM, INT  stop after the running jobs, at the latest after serve.grace
  HUP        read the configuration again; an unusable one is ignored
"""


@click.command("serve", cls=Command, epilog=_EPILOG)
@config_option
def command(config: Path) -> int:
    """Run audits and reports on the schedule of the configuration.

    After a restart, the service runs the jobs that it missed. Several instances on one
    database share the jobs.
    """
    from auditor.cli.main import report_error
    from auditor.cli.output.stderr import json_log
    from auditor.clock import utc_now
    from auditor.config.loading import load_settings
    from auditor.serve.service import Service, handling_signals

    with json_log():
        try:
            service = Service(lambda: load_settings(config, os.environ), utc_now)
            with handling_signals(service):
                ended = service.run()
        except Exception as error:  # noqa: BLE001  (the last line of the log must be JSON, too)
            return report_error(error)
    if not ended:  # running threads would keep the process alive; the database survives this exit
        sys.stderr.flush()
        os._exit(0)
    return 0
