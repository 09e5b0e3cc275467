"""The watch, measured by the clock of the sandbox, or by the CPU of one process.

``delays`` prints the seconds from each mapping edit to Slack; ``polls`` the requests a minute for
thirty targets of one org; ``cpu CONFIG`` the CPU seconds and the audits of one round of the watch.
"""
# ruff: noqa: T201  (the benchmark reads it)

import os
import sys
import tempfile
import time
from pathlib import Path

from auditor.clock import utc_now
from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.sandbox import Sandbox, World
from auditor.serve.watch import Watch
from tests.support.watching import Counted, WatchedSandbox

FIGURE = "figure"
"""The first word of each line that the benchmark reads: the log of the watch is printed too."""

EDITS = 20
TARGETS_OF_AN_ORG = 30
POLLED_MINUTES = 10
SETTLE_MINUTES = 16
"""Longer than the watch waits between two full audits of a target."""


def delays() -> None:
    """Break the mapping at moments that are spread over a minute."""
    with tempfile.TemporaryDirectory() as place, Sandbox(World.clean(people=12)) as sandbox:
        watched, world = WatchedSandbox(sandbox, Path(place)), sandbox.world
        watched.audit()
        watch = watched.watch()
        watched.run(watch, minutes=2)
        for number in range(EDITS):
            watched.run(watch, seconds=60 * number / EDITS)
            before = _messages(sandbox)
            world.map_attribute("user", "email", "user.email")
            began = world.now
            while _messages(sandbox) == before:
                world.clock.travel(max(watch.next_at, world.now))
                watch.work()
                watch.finish()
            print(FIGURE, (world.now - began).total_seconds())
            watched.run(watch, minutes=SETTLE_MINUTES)
            world.map_attribute("user", "email", "user.login")
            watched.run(watch, minutes=SETTLE_MINUTES)


def polls() -> None:
    """Let ten minutes pass without an event."""
    with tempfile.TemporaryDirectory() as place, Sandbox(World.clean(people=4)) as sandbox:
        watched = WatchedSandbox(sandbox, Path(place))
        watched.audit()
        watched.write(targets=TARGETS_OF_AN_ORG)
        watch = watched.watch()
        watched.run(watch, minutes=1)
        before = len(sandbox.requests)
        watched.run(watch, minutes=POLLED_MINUTES)
        print(FIGURE, (len(sandbox.requests) - before) / POLLED_MINUTES)


def cpu(config: str) -> None:
    """Poll and audit what is due, in a process that has started, as a service has."""
    settings = load_settings(Path(config), os.environ)
    for target in settings.targets:
        rules_for(settings, target)
    counted = Counted()
    watch = Watch(lambda: settings, utc_now, counted.counter)
    began = time.process_time()
    watch.work()
    watch.finish()
    print(FIGURE, time.process_time() - began)
    print(FIGURE, sum(counted.audits().values()))


def _messages(sandbox: Sandbox) -> int:
    channel = sandbox.slack.channel
    return sum(1 + len(channel.replies(root.ts)) for root in channel.roots())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["delays"]:
            delays()
        case ["polls"]:
            polls()
        case ["cpu", path]:
            cpu(path)
