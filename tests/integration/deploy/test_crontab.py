"""The jobs of deploy/crontab, run as cron runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

from auditor.cli.setup.sandbox_files import environment
from tests.support.peers.processes import PATIENCE

CRONTAB = (Path(__file__).parents[3] / "deploy/crontab").read_text()


def test_successful_jobs_print_nothing_that_cron_would_mail(installation):
    installation.write("")
    variables = dict(re.findall(r"^(AUDITOR_\w+)=(\S+)$", CRONTAB, re.MULTILINE))
    variables["AUDITOR_CONFIG"] = str(installation.path)
    jobs = re.findall(r"/opt/auditor/bin/auditor (.*)$", CRONTAB, re.MULTILINE)
    assert [job.split()[0] for job in jobs] == ["run", "report"]
    for job in jobs:
        done = subprocess.run(
            ["sh", "-c", f'"{sys.executable}" -m auditor {job}'],
            env={**os.environ, **environment(installation.sandbox), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert installation.sandbox.slack.channel.messages
