"""The service under test, in a separate process. It does hourly jobs without waiting."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import psutil
import time_machine

from auditor.clock import utc_now
from auditor.config.loading import load_settings
from auditor.observability.logs import set_up_logs
from auditor.serve.service import Service, SignalRequest
from tests.support.processes.service_process import eventually, jobs_of, shown_at

BEGINS = datetime(2026, 10, 1, tzinfo=UTC)
BEAT = timedelta(seconds=0.3)


class Figures(msgspec.Struct, frozen=True):
    """The memory, descriptors and threads of the process after a number of audits."""

    runs: int
    megabytes: float
    """Resident."""

    descriptors: int
    threads: int
    missed: int = 0
    """Requests of the flood after this without the expected answer."""


def live(config: Path, hours: int, every: int) -> None:
    """Serve for a number of simulated hours; write the figures at a fixed interval."""
    service = Service(lambda: load_settings(config, os.environ), utc_now, beat=BEAT)
    operations, targets = service.settings.serve.operations, len(service.settings.targets)
    with (
        time_machine.travel(BEGINS, tick=False) as traveller,
        ThreadPoolExecutor(1) as pool,
    ):
        serving = pool.submit(service.run)
        try:
            for hour in range(hours):
                wanted = (hour + 1) * targets
                eventually(partial(_have_done, service, wanted))
                _require_shown(f"http://{operations}", wanted)
                if hour % every == 0 or hour == hours - 1:
                    sys.stdout.buffer.write(msgspec.json.encode(_figures(wanted)) + b"\n")
                    sys.stdout.flush()
                traveller.shift(timedelta(hours=1))
        finally:
            service.request(SignalRequest.STOP)
        serving.result()


def _have_done(service: Service, runs: int) -> bool:
    return jobs_of(service).get(("audit", "done"), 0) >= runs


def _require_shown(url: str, runs: int) -> None:
    """Read the page of the metrics once, as a monitoring system does."""
    if shown_at(url)["auditor_jobs_total"]["audit", "done"] < runs:
        msg = f"the page of the metrics shows fewer than {runs} audits"
        raise ValueError(msg)


def _figures(runs: int) -> Figures:
    own = psutil.Process()
    return Figures(
        runs=runs,
        megabytes=own.memory_info().rss / 2**20,
        descriptors=own.num_fds(),
        threads=own.num_threads(),
    )


if __name__ == "__main__":
    set_up_logs()
    live(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
