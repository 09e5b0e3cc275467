"""SIGTERM ends `auditor run` without a partial audit."""

import json
import os
import signal
import subprocess
import sys
from threading import Event

from auditor.sandbox.faults.wire import held
from tests.support.peers.processes import PATIENCE
from tests.support.processes.service_process import eventually

AS_PROCESS_1 = ["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--as-pid-1"]


def test_sigterm_ends_an_audit_and_stores_no_part_of_it(installation):
    may_end = Event()
    installation.sandbox.faults.add("okta", "/api/v1/mappings", held(may_end))
    command = [sys.executable, "-m", "auditor", "run", "-c", str(installation.path)]
    with subprocess.Popen(command, env=installation.environ, stderr=subprocess.PIPE) as process:
        eventually(lambda: any("mappings" in each.path for each in installation.sandbox.requests))
        process.send_signal(signal.SIGTERM)
        may_end.set()
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert b"Traceback" not in errors
    assert installation.audits() == ()


def test_sigterm_ends_an_audit_that_is_process_1(installation):
    """Process 1 of a container gets only signals that it handles."""
    may_end = Event()
    installation.sandbox.faults.add("okta", "/api/v1/mappings", held(may_end))
    ours, theirs = os.pipe()
    cage = [*AS_PROCESS_1, "--info-fd", str(theirs)]
    code = "import os; assert os.getpid() == 1; from auditor.__main__ import main; exit(main())"
    command = [*cage, sys.executable, "-c", code, "run", "-c", str(installation.path)]
    with subprocess.Popen(
        command, env=installation.environ, stderr=subprocess.PIPE, pass_fds=[theirs]
    ) as process:
        os.close(theirs)
        with os.fdopen(ours) as facts:
            first = json.load(facts)["child-pid"]
        eventually(lambda: any("mappings" in each.path for each in installation.sandbox.requests))
        os.kill(first, signal.SIGTERM)
        may_end.set()
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert b"interrupted" in errors
    assert installation.audits() == ()
