"""A sandbox with a configuration, and a service that runs on it."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.settings import Settings
from auditor.engine.audit_history import StoredAudit
from auditor.observability.logs import log_lines
from auditor.sandbox import Sandbox, World
from auditor.serve.service import Service, SignalRequest
from auditor.store import open_store
from tests.support.peers.processes import PATIENCE, free_port
from tests.support.peers.threaded_server import served
from tests.support.plain_http import plain_get

HEARTBEAT = """
[heartbeat]
url_env = "PING"
"""

Numbers = dict[tuple[str, ...], float]
"""A metric's samples by the values of its labels, in the order of the labels' names."""


def numbers(text: str) -> dict[str, Numbers]:
    """Read the auditor's own metrics."""
    found: dict[str, Numbers] = {}
    for name, labels, value in re.findall(
        r"^(auditor_\w+)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE
    ):
        key = tuple(re.findall(r'="([^"]*)"', labels))
        found.setdefault(name, {})[key] = float(value)
    return found


def shown_at(url: str) -> dict[str, Numbers]:
    """Return the page of a listener."""
    return numbers(plain_get(f"{url}/metrics", timeout=PATIENCE).text)


def jobs_of(service: Service) -> Numbers:
    """Return the scheduled jobs by kind and result, as the page of the metrics shows them.

    The page takes 40 ms of CPU, too much for a test that asks again and again.
    """
    return {
        (sample.labels["job_kind"], sample.labels["result"]): sample.value
        for metric in service.attempts.registry.collect()
        for sample in metric.samples
        if sample.name == "auditor_jobs_total"
    }


class Installation:
    """A sandbox and the configuration of an auditor for it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.path = folder / "auditor.toml"
        port = free_port(side_by_side=2)
        self.operations, self.reports = f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}"
        self.write()

    def write(self, extra: str = "", **serve: object) -> None:
        more = "".join(f"{key} = {value}\n" for key, value in serve.items())
        self.path.write_text(
            f"{sandbox_configuration(self.sandbox)}\n[serve]\n"
            f'operations = "{self.operations}"\nreports = "{self.reports}"\n{more}\n{extra}'
        )

    def add_target(self, name: str, extra: str = "") -> None:
        """Add a target with another name for the same sandbox."""
        table = sandbox_configuration(self.sandbox).partition("[slack]")[0]
        table = table.replace('"sandbox"', f'"{name}"')
        self.path.write_text(f"{self.path.read_text()}{table}{extra}\n")

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, **environment(self.sandbox)}

    def settings(self) -> Settings:
        return load_settings(self.path, self.environ)

    def ask(self, path: str, **options: Any) -> httpx.Response:
        return plain_get(f"http://{self.operations}{path}", timeout=PATIENCE, **options)

    def metrics(self) -> dict[str, Numbers]:
        """Return the metrics of `serve`."""
        return shown_at(f"http://{self.operations}")

    @contextmanager
    def serving(self, **options: Any) -> Iterator[Service]:
        """Serve in a thread. The end of the block stops it and waits for its end."""
        service = Service(self.settings, lambda: self.world.now, **options)
        with log_lines(), ThreadPoolExecutor(1) as pool:
            running = pool.submit(service.run)
            try:
                eventually(lambda: running.done() or self.ask("/healthz").is_success)
                yield service
            finally:
                service.request(SignalRequest.STOP)
            assert running.result(PATIENCE)

    def audits(self, target: str = "sandbox") -> Sequence[StoredAudit]:
        """Return the stored audits."""
        with open_store(self.settings().store.database_url().reveal()) as store:
            return store.history.audits(target)

    def is_ready(self) -> bool:
        return self.ask("/readyz").is_success


class Peer:
    """A server that records its requests and their bodies."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[tuple[str, str, str]] = []


@contextmanager
def listening(code: int = 200) -> Iterator[Peer]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            peer.asked.append((self.command, self.path, body))
            self.send_response(code)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = _answer  # noqa: N815  (http.server's own names)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    peer = Peer(server.server_port)
    with served(server):
        yield peer


def eventually(holds: Callable[[], object]) -> None:
    """Wait until a condition is true. A peer that does not listen yet counts as false."""
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
def installation(tmp_path) -> Iterator[Installation]:
    """Stop the clock between two audits of the default schedule, so that none becomes due."""
    now = datetime.now(UTC)
    between = now.replace(minute=37, second=0, microsecond=0)
    at = between if between <= now else between - timedelta(hours=1)
    with Sandbox(World.clean(people=4, at=at)) as sandbox:
        yield Installation(sandbox, tmp_path)
