"""The cost of a process: CPU, wall time and peak memory, as counted by the kernel."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ACCEPTED = {0, 3}
"""The exit codes of success, and of an audit with rules that were not evaluated."""

COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""An installed program has compiled modules; a checkout gets them at its first start."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one process, or the medians of several."""

    cpu: float
    """User and system, in seconds."""

    wall: float
    peak: float
    """Largest resident size, in MiB."""


def measure(arguments: Sequence[str], *, env: Mapping[str, str], folder: Path) -> Cost:
    """Run Python with ``arguments`` and wait for its end."""
    began = time.monotonic()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **env},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ACCEPTED:
        printed = (folder / "output.txt").read_text(errors="replace")
        msg = f"{' '.join(arguments)}: exit {process.returncode}\n{printed}"
        raise RuntimeError(msg)
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, peak=usage.ru_maxrss / 1024)


def typical(once: Callable[[], Cost], times: int) -> Cost:
    """Return the medians of several repetitions."""
    costs = [once() for _ in range(times)]
    return Cost(
        cpu=median(each.cpu for each in costs),
        wall=median(each.wall for each in costs),
        peak=median(each.peak for each in costs),
    )
