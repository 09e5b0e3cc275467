"""A sandbox, a configuration that serves it, and the service itself in a thread."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from auditor.cli.small_world import configuration, environment
from auditor.config.load import load_settings
from auditor.config.settings import Settings
from auditor.sandbox import Sandbox, World
from auditor.serve.logs import set_up_logs
from auditor.serve.service import Service, Wish
from tests.real.processes import free_port

PATIENCE = 60


class House:
    """A sandbox and what is configured for it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.path = folder / "auditor.toml"
        self.operations, self.reports = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.write()

    def write(self, extra: str = "", **serve: object) -> None:
        more = "".join(f"{key} = {value}\n" for key, value in serve.items())
        self.path.write_text(
            f"{configuration(self.sandbox)}\n[serve]\n"
            f'operations = "{self.operations}"\nreports = "{self.reports}"\n{more}\n{extra}'
        )

    def add_target(self, name: str) -> None:
        """Audit the same world under another name, too."""
        table = configuration(self.sandbox).partition("[slack]")[0]
        self.path.write_text(self.path.read_text() + table.replace('"sandbox"', f'"{name}"'))

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, **environment(self.sandbox)}

    def settings(self) -> Settings:
        return load_settings(self.path, self.environ)

    def ask(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"http://{self.operations}{path}", **options)

    @contextmanager
    def serving(self) -> Iterator[Service]:
        """Serve in a thread; the end of the block asks it to stop, and it must."""
        set_up_logs()
        service = Service(self.settings, lambda: self.world.now)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(service.run)
            try:
                eventually(lambda: running.done() or self.ask("/healthz").is_success)
                yield service
            finally:
                service.wish(Wish.STOP)
            assert running.result(PATIENCE)

    def is_ready(self) -> bool:
        return self.ask("/readyz").is_success


def eventually(holds: Any) -> None:
    """Wait for something to hold; a peer that does not listen yet is no answer."""
    ends = monotonic() + PATIENCE
    while monotonic() < ends:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        sleep(0.05)
    pytest.fail("it never came about")


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    with Sandbox(World.clean(people=4)) as sandbox:
        yield House(sandbox, tmp_path)
