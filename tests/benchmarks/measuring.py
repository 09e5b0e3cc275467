"""The cost of a process: CPU, wall time and peak memory, as counted by the kernel."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ACCEPTED = {0, 3}
"""The exit codes of success, and of an audit with rules that were not evaluated."""

COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""An installed program has compiled modules; a checkout gets them at its first start."""

AUTHORITIES = {"SSL_CERT_FILE", "SSL_CERT_DIR"}
"""Variables that are not passed on: each start would read what they name, and its size is that of
the machine. The sandbox has plain http."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one process, or the medians of several."""

    cpu: float
    """User and system, in seconds."""

    wall: float
    peak: float
    """Largest resident size, in MiB."""


_WAITER = """
import json, os, sys, time
began = time.monotonic()
pid = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[2:]], os.environ)
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - began
cost = [usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024]
with open(sys.argv[1], "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), *cost], file)
"""
"""A process inherits the peak memory of its parent, so the parent must be a small one."""


def measure(arguments: Sequence[str], *, env: Mapping[str, str], folder: Path) -> Cost:
    """Run Python with ``arguments`` and wait for its end."""
    figures = folder / "figures.json"
    with (folder / "output.txt").open("wb") as output:
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", _WAITER, str(figures), *arguments],
            env={key: os.environ[key] for key in os.environ if key not in AUTHORITIES} | {**env},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=True,
        )
    code, cpu, wall, peak = json.loads(figures.read_text())
    if code not in ACCEPTED:
        printed = (folder / "output.txt").read_text(errors="replace")
        msg = f"{' '.join(arguments)}: exit {code}\n{printed}"
        raise RuntimeError(msg)
    return Cost(cpu=cpu, wall=wall, peak=peak)


def typical(once: Callable[[], Cost], times: int) -> Cost:
    """Return the medians of several repetitions."""
    costs = [once() for _ in range(times)]
    return Cost(
        cpu=median(each.cpu for each in costs),
        wall=median(each.wall for each in costs),
        peak=median(each.peak for each in costs),
    )
