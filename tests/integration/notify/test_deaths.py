"""A delivery with a bot token is killed at any step: nothing is lost or posted twice."""

import copy
import os
import shutil
import signal
import sys
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event

from auditor.rule.results import Remediation
from auditor.sandbox.slack.records import ALL_SCOPES
from auditor.store import open_store
from tests.support.builders.findings import finding
from tests.support.notified_target import TargetAudits
from tests.support.processes.killed_processes import KILLED, in_a_child

FIX = Remediation(steps=("Correct the mapping.",))
EMAIL = finding("email-not-login", "oty1", remediation=FIX)
MORE = finding("email-not-login", "oty1", affected_count=9)
FLAG = finding()
EXTRA = finding("extra-attribute", "oty1", remediation=FIX)


class Scene:
    """One incident is worse, one is resolved, one is new; no notification was delivered yet."""

    def __init__(self, tmp_path, slack, clock, settings) -> None:
        self._template = tmp_path / "template.db"
        self._file = tmp_path / "auditor.db"
        self._slack, self._clock, self._settings = slack, clock, settings
        with open_store(f"sqlite:///{self._template}") as store:
            audits = TargetAudits(store, clock, settings)
            audits.run()
            audits.wait(hours=1)
            audits.run(EMAIL, FLAG)
            audits.wait(hours=1)
            audits.audit(MORE, EXTRA)
        self._channels = copy.deepcopy(slack.channels)
        self._now = clock[-1]

    def set(self) -> None:
        shutil.copy(self._template, self._file)
        self._slack.channels = copy.deepcopy(self._channels)
        self._slack.channel = next(iter(self._slack.channels.values()))
        self._clock.append(self._now)

    def killed_at(self, step: int) -> int:
        """Deliver in a process that is killed at its nth statement, commit or connection."""
        steps = count(1)

        def die(*_: object) -> None:
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        def deliver() -> None:
            with open_store(f"sqlite:///{self._file}") as store:
                engine = store.database.backend.engine
                event.listen(engine, "before_cursor_execute", die)
                event.listen(engine, "commit", die)
                sys.addaudithook(lambda name, _: die() if name == "socket.connect" else None)
                assert TargetAudits(store, self._clock, self._settings).deliver().complete

        return in_a_child(deliver)

    def deliver(self) -> None:
        with open_store(f"sqlite:///{self._file}") as store:
            audits = TargetAudits(store, self._clock, self._settings)
            assert audits.deliver().complete
            assert store.outbox.backlog().waiting == 0

    def posted(self) -> list[list[str]]:
        channel = self._slack.channel
        return [
            [root.text, *(reply.text for reply in channel.replies(root.ts))]
            for root in channel.roots()
        ]


@pytest.fixture
def scene(tmp_path, slack, clock, configure):
    return Scene(tmp_path, slack, clock, configure())


def test_a_kill_at_any_step_loses_and_repeats_nothing(scene, clock):
    scene.set()
    scene.deliver()
    untroubled = scene.posted()
    assert [len(thread) for thread in untroubled] == [1, 3, 2, 2], "two have details"
    for step in count(1):
        scene.set()
        ended = scene.killed_at(step)
        if ended != KILLED:
            break
        clock.append(clock[-1] + timedelta(hours=1))
        scene.deliver()
        assert sorted(scene.posted()) == sorted(untroubled), f"killed at step {step}"
    assert (ended, step > 20) == (0, True)


def test_without_the_history_scope_nothing_is_lost(scene, slack, clock):
    slack.tokens[slack.token] = ALL_SCOPES - {"channels:history", "groups:history"}
    scene.set()
    scene.deliver()
    untroubled = {text for thread in scene.posted() for text in thread}
    for step in count(1, 5):
        scene.set()
        if scene.killed_at(step) != KILLED:
            break
        clock.append(clock[-1] + timedelta(hours=1))
        scene.deliver()
        assert {text for thread in scene.posted() for text in thread} == untroubled
