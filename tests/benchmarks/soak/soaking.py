"""A sandbox, a service, and the memory of the service over time."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import structs

from auditor.sandbox import Sandbox, World
from tests.benchmarks.soak.flooding import flood
from tests.benchmarks.soak.served import BEGINS, Figures
from tests.support.processes.service_process import Installation

TARGETS = 8
FEW_MEGABYTES = 8.0
"""Megabytes of growth that are ignored, because the allocator returns memory irregularly."""


def soak(folder: Path, runs: int, *, every: int) -> Iterator[Figures]:
    """Audit eight targets every hour until there were ``runs``; yield figures."""
    with Sandbox(World.clean(people=0, at=BEGINS)) as sandbox:
        installation = Installation(sandbox, folder)
        installation.write(password_env='"SITE_PASSWORD"')
        for number in range(2, TARGETS + 1):
            installation.add_target(f"target-{number}")
        hours = (str(count // TARGETS) for count in (runs, every))
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.soak.served",
            str(installation.path),
            *hours,
        ]
        with (
            installation.path.with_name("serve.log").open("wb") as log,
            subprocess.Popen(
                command,
                cwd=Path(__file__).parents[3],
                env={**installation.environ, "SITE_PASSWORD": secrets.token_hex()},
                stdout=subprocess.PIPE,
                stderr=log,
            ) as service,
        ):
            try:
                for line in service.stdout or ():
                    sandbox.requests.clear()
                    figures = msgspec.json.decode(line, type=Figures)
                    if figures.runs + every <= runs:  # the service still runs
                        missed = flood(installation.operations, installation.reports)
                        figures = structs.replace(figures, missed=missed)
                    yield figures
                if service.wait() != 0:
                    raise ChildProcessError(
                        installation.path.with_name("serve.log").read_text()[-2000:]
                    )
            finally:
                service.kill()


def grown(warm: Figures, end: Figures) -> list[str]:
    """Yield each figure that has grown since the service was warm."""
    compared = {
        "memory": (warm.megabytes + FEW_MEGABYTES, end.megabytes),
        "file descriptors": (warm.descriptors + TARGETS, end.descriptors),
        "threads": (warm.threads + TARGETS, end.threads),
    }
    return [f"{name}: {now} > {most}" for name, (most, now) in compared.items() if now > most]
