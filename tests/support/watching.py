"""A sandbox whose clock stands still between the steps of a watch."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.settings import Settings
from auditor.engine.audit_history import StoredChange, StoredFinding
from auditor.engine.findings.tracked_findings import State
from auditor.observability.metrics import WatchCounter
from auditor.pipeline.audit import Outcome, audit_target
from auditor.sandbox import Sandbox, World
from auditor.serve.watch import Watch
from auditor.store import open_store
from auditor.store.store import Store

TARGET = "sandbox"


class WatchedSandbox:
    """A sandbox, its configuration, and watches on it."""

    def __init__(self, sandbox: Sandbox, folder: Path, store: str = "", extra: str = "") -> None:
        self.sandbox = sandbox
        self.path = folder / "auditor.toml"
        self._environ = {**os.environ, **environment(sandbox), "STORE_URL": store}
        self._store = '[store]\nurl_env = "STORE_URL"\n' if store else ""
        self.write(extra)

    def write(self, extra: str = "", targets: int = 1) -> None:
        """Write the configuration; all targets are the same app and instance."""
        text = sandbox_configuration(self.sandbox)
        table, slack = text.partition("[slack]")[::2]
        more = "".join(table.replace('"sandbox"', f'"copy-{each}"') for each in range(1, targets))
        self.path.write_text(f"{table}{more}[slack]{slack}\n{self._store}{extra}")

    @property
    def world(self) -> World:
        return self.sandbox.world

    def settings(self) -> Settings:
        return load_settings(self.path, self._environ)

    def open_store(self) -> Any:
        return open_store(self.settings().store.database_url().reveal(), migrate=True)

    def audit(self, target: str = TARGET) -> Outcome:
        """Do a full audit, as the schedule does."""
        settings = self.settings()
        return audit_target(settings, settings.target(target), lambda: self.world.now)

    def watch(self, counter: "Counted | None" = None) -> Watch:
        """Return a watch as a new process has it."""
        return Watch(self.settings, lambda: self.world.now, (counter or Counted()).counter)

    def run(self, watch: Watch, **span: float) -> None:
        """Let time pass. The watch works at each moment at which it has something due."""
        end = self.world.now + timedelta(**span)
        while watch.next_at <= end:
            self.world.clock.travel(max(watch.next_at, self.world.now))
            watch.work()
            assert watch.finish()
        self.world.clock.travel(end)

    def changes(self) -> tuple[StoredChange, ...]:
        with self.open_store() as store:
            return _changes(store)

    def findings(self, *states: State) -> dict[str, StoredFinding]:
        """Return the findings of each rule; a rule has one in these tests."""
        with self.open_store() as store:
            found = store.history.findings(TARGET, *(states or (State.OPEN,)))
        return {each.rule: each for each in found}

    def full_audits(self) -> int:
        with self.open_store() as store:
            return len(store.history.audits(TARGET))

    def requests(self, path: str) -> int:
        """Return how many requests to Okta or Unleash had this path."""
        return sum(each.path == path for each in self.sandbox.requests)

    def roots(self) -> list[str]:
        """Return the texts of the messages in Slack that are no replies, without the first."""
        return [each.text for each in self.sandbox.slack.channel.roots()][1:]


class Counted:
    """The counters of a watch."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.counter = WatchCounter(self._registry)

    def audits(self) -> Mapping[tuple[str, str], float]:
        """Return the number of audits by kind and result."""
        return {
            (each.labels["audit_kind"], each.labels["result"]): each.value
            for metric in self._registry.collect()
            for each in metric.samples
            if each.name == "auditor_watch_audits_total" and each.value
        }


def _changes(store: Store) -> tuple[StoredChange, ...]:
    (first,) = store.history.audits(TARGET)[:1]
    return store.history.changes(TARGET, since=first.at)
