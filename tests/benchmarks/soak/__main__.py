"""`make soak`: thousands of audits, a table of the service's memory, and whether it grows."""

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.soak.soaking import grown, soak

RUNS, EVERY = 3000, 100

show = partial(print, flush=True)


def main(runs: int) -> int:
    """Soak; return the exit code."""
    show(f"{'runs':>6} {'MiB':>7} {'fds':>5} {'threads':>8} {'missed':>7}")
    figures = []
    with TemporaryDirectory(prefix="soak-") as folder:
        for each in soak(Path(folder), runs, every=EVERY):
            figures.append(each)
            show(
                f"{each.runs:>6} {each.megabytes:>7.1f} {each.descriptors:>5} {each.threads:>8} "
                f"{each.missed:>7}"
            )
    # by then a report was written too, and the allocator has reached its working size
    warm = next(each for each in figures if each.runs > runs // 3)
    faults = grown(warm, figures[-1])
    if missed := sum(each.missed for each in figures):
        faults.append(f"{missed} requests had no expected answer during a flood")
    show("\n".join(faults) or "nothing grows")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
