"""SIGTERM ends `auditor run` without a partial audit."""

import signal
import subprocess
import sys
from threading import Event

from auditor.sandbox.faults.wire import held
from tests.support.service_process import eventually


def test_sigterm_ends_an_audit_and_stores_no_part_of_it(house):
    may_end = Event()
    house.sandbox.faults.add("okta", "/api/v1/mappings", held(may_end))
    command = [sys.executable, "-m", "auditor", "run", "-c", str(house.path)]
    with subprocess.Popen(command, env=house.environ, stderr=subprocess.PIPE) as process:
        eventually(lambda: any("mappings" in each.path for each in house.sandbox.requests))
        process.send_signal(signal.SIGTERM)
        may_end.set()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert b"Traceback" not in errors
    assert house.audits() == ()
