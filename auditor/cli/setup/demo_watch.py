"""The third chapter of the demo: a change is detected in minutes, fixed and verified."""

from datetime import timedelta
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from auditor.config.settings import Settings
from auditor.engine.findings.tracked_findings import State
from auditor.errors import AuditorError
from auditor.observability.metrics import WatchCounter
from auditor.pipeline.verification import Verification, verification_subject, verify
from auditor.serve.watch import Watch
from auditor.store import open_store

if TYPE_CHECKING:
    from auditor.sandbox import Sandbox
    from auditor.sandbox.worlds.story import Story

BROKEN_RULE = "email-not-login"
MAX_DETECTION_TIME = timedelta(minutes=2)


def detect(sandbox: "Sandbox", story: "Story", settings: Settings) -> timedelta:
    """Break a mapping under watch; return the time of the sandbox until Slack is notified.

    The clock of the sandbox travels from one poll or audit to the next. Raises
    :class:`~auditor.errors.AuditorError` when Slack is not notified within two minutes.
    """
    watch = Watch(lambda: settings, lambda: story.clock.now, WatchCounter(CollectorRegistry()))
    # The first poll finds nothing after the last audit, and stores the position.
    watch.work()
    messages = _messages(sandbox)
    story.chapter_three()
    began = story.clock.now
    while story.clock.now - began <= MAX_DETECTION_TIME:
        story.clock.travel(max(watch.next_at, story.clock.now))
        watch.work()
        watch.finish()
        if _messages(sandbox) > messages:
            took = story.clock.now - began
            watch.work()  # the full audit that a critical finding starts
            watch.finish()
            return took
    msg = "the watch did not notify the simulated Slack within two minutes (run the demo again)"
    raise AuditorError(msg)


def _messages(sandbox: "Sandbox") -> int:
    """Return the number of messages in the channel, replies included."""
    channel = sandbox.slack.channel
    return sum(1 + len(channel.replies(root.ts)) for root in channel.roots())


def fix_and_verify(story: "Story", settings: Settings) -> Verification:
    """Fix the mapping, read it again as `auditor verify` does, and return the result."""
    story.fix_chapter_three()
    with open_store(settings.store.database_url().reveal()) as store:
        (finding,) = (
            each
            for each in store.history.findings(settings.targets[0].name, State.OPEN)
            if each.rule == BROKEN_RULE
        )
        subject = verification_subject(store, settings, finding)
    return verify(settings, subject, lambda: story.clock.now)
