"""A year of hourly audits through the store: the cost of one, and the size of the database."""
# ruff: noqa: T201  (it reports to the terminal)

import sys
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from auditor.store import open_store
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import finding, hours

FINDINGS = 50
SAMPLE = 200


def live(runs: int) -> tuple[float, float, float]:
    """Return the median CPU seconds of an audit at the beginning and at the end, and the MB."""
    found = [finding("email-not-login", f"00u{number:017}") for number in range(FINDINGS)]
    costs = []
    with TemporaryDirectory() as folder:
        with open_store(f"sqlite:///{Path(folder) / 'year.db'}") as store:
            for hour in range(runs):
                began = time.process_time()
                audit(store, *found[hour // 24 % 2 :], hour=hour)
                store.retention.prune(TARGET, at=hours(hour), keep=timedelta(days=400))
                costs.append(time.process_time() - began)
        size = sum(each.stat().st_size for each in Path(folder).glob("year.db*")) / 1_000_000
    return median(costs[10 : 10 + SAMPLE]), median(costs[-SAMPLE:]), size


if __name__ == "__main__":
    print(*live(int(sys.argv[1])))
