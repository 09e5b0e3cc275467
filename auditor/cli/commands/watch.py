"""The command ``auditor watch``: detect changes within minutes."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from auditor.cli.command_group import Command
from auditor.cli.options import config_option

_EPILOG = """\
Examples:
  auditor watch                 poll every minute until it is stopped
  auditor watch --once          poll once, do the audits that are due, and exit
  auditor run && auditor watch  the watch compares with the last full audit

Signals:
  TERM, INT  stop after the running audits, at the latest after serve.grace

`auditor serve` does the same beside its schedule. [watch] sets the times.
"""


@click.command("watch", cls=Command, epilog=_EPILOG)
@config_option
@click.option("--once", is_flag=True, help="Poll once, do the audits that are due, and exit.")
def command(config: Path, *, once: bool) -> int:
    """Poll the logs of Okta and Unleash, and audit a target when its configuration changes.

    A targeted audit reads the configuration only, and changes only the findings that it can
    evaluate. A critical finding starts a full audit at once. Several instances on one database
    share the work.
    """
    from auditor.cli.main import report_error
    from auditor.cli.output.stderr import json_log
    from auditor.clock import utc_now
    from auditor.config.loading import load_settings
    from auditor.config.rule_settings import check_rules
    from auditor.observability.metrics import JobCounter, WatchCounter
    from auditor.observability.status import system_status
    from auditor.serve.shutdown import shut_down
    from auditor.serve.watch import Watch, WatchLoop

    with json_log():
        try:
            settings = load_settings(config, os.environ)
            # A rule that cannot be loaded ends the command now, not the first audit.
            check_rules(settings, settings.targets)
            settings.check_secrets()
            # Creates a SQLite file, and fails early for a database without tables.
            system_status(settings)
            counter = WatchCounter(JobCounter().registry)
            if once:
                watch = Watch(lambda: settings, utc_now, counter)
                watch.work_until_done()
                ended = True
            else:
                loop = WatchLoop(lambda: settings, utc_now, counter, always=True)
                stopping = threading.Event()
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, lambda *_: stopping.set())
                loop.start()
                # In short waits: a signal at the begin of a wait is noticed only at its end.
                while not stopping.wait(1):
                    pass
                ended = shut_down([loop], settings.serve.grace)
        except Exception as error:  # noqa: BLE001  (the last line of the log must be JSON, too)
            return report_error(error)
    if not ended:  # running threads would keep the process alive; the database survives this exit
        sys.stderr.flush()
        os._exit(0)
    return 0
