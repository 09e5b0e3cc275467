"""Slack by a bot token: one message for each incident, edited; its story in the thread beneath."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from auditor.engine.incidents.notification import (
    Digest,
    Incidents,
    IncidentUpdate,
    Notification,
    Thread,
)
from auditor.notify.channel import (
    Attachment,
    DeliveryFailed,
    FailureKind,
    OutboxPart,
    Receipt,
    ThreadBatch,
    Threads,
)
from auditor.notify.slack.api import Posted, Slack
from auditor.notify.slack.api_errors import TOO_MUCH, Refused
from auditor.notify.slack.blocks import Message, context, fallback
from auditor.notify.slack.incident_message import MessageStyle, root, with_mentions
from auditor.notify.slack.routing import Routes
from auditor.notify.slack.slack_transport import may_still_arrive
from auditor.notify.slack.thread_reply import is_loud, reply

T = TypeVar("T")

_GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
"""Our message is no longer there, or no longer ours to edit."""


class SlackBot:
    """The channel that forgets nothing and repeats nothing."""

    def __init__(
        self,
        slack: Slack,
        routes: Routes,
        threads: Threads,
        style: Callable[[Notification], MessageStyle],
        attachment: Attachment,
    ) -> None:
        self._slack = slack
        self._routes = routes
        self._threads = threads
        self._manner = style
        self._attachment = attachment

    def send(self, letter: ThreadBatch) -> Receipt:
        """Bring each channel that is concerned to the present state.

        Whoever was told of an incident goes on being told, also when a rise in severity brings in
        another channel; a fall brings in nobody.
        """
        notification = letter.latest.notification
        known = self._threads.threads(notification.target, notification.thread)
        threads = {thread.channel: thread for thread in known}
        about = notification.about
        rises = isinstance(about, Incidents) and any(
            update.begins or update.rises for update in about.updates
        )
        channels = dict.fromkeys(threads)
        if rises or not threads:
            channels[self._routes.channel_for(notification)] = None
        return {channel: self._tell(channel, letter, threads.get(channel)) for channel in channels}

    def _tell(self, channel: str, letter: ThreadBatch, thread: Thread | None) -> str:
        notification = letter.latest.notification
        message = root(notification, self._manner(notification))
        thread = thread or self._look_for_root(channel, letter)
        try:
            if thread:
                return self._continue(thread, letter, message)
        except Refused as refusal:
            if refusal.error not in _GONE:
                raise
        return self._begin(channel, letter, message)

    def _begin(self, channel: str, letter: ThreadBatch, message: Message) -> str:
        part = letter.latest
        notification = part.notification
        first = with_mentions(message, notification, self._manner(notification))
        posted = self._post(channel, first, part)
        thread = _thread(channel, part, posted, shows=_digest(message))
        self._threads.keep_thread(thread)
        self._attach(notification, posted)
        return posted.ts

    def _continue(self, thread: Thread, letter: ThreadBatch, message: Message) -> str:
        """Edit the root if it shows something else, and reply with what was not said yet."""
        if thread.outbox_id < letter.latest.id:
            root_at, shows = Posted(thread.channel_id, thread.ts), _digest(message)
            if shows != thread.shows:
                _or_shorter(lambda said: self._slack.edit(root_at, said), message)
            notification = letter.latest.notification
            if unsaid := self._unsaid(thread, letter):
                self._post(
                    thread.channel_id,
                    reply(unsaid, notification, self._manner(notification)),
                    letter.latest,
                    thread_ts=thread.ts,
                    loud=is_loud(unsaid),
                )
            self._threads.keep_thread(
                replace(thread, shows=shows, outbox_id=letter.latest.id, at=notification.at)
            )
        return thread.ts

    def _unsaid(self, thread: Thread, letter: ThreadBatch) -> list[IncidentUpdate]:
        """Gather what was not said; a part found in the thread vouches for those before it."""
        unsaid: list[IncidentUpdate] = []
        for part in letter.parts:
            about = part.notification.about
            if part.id <= thread.outbox_id or not isinstance(about, Incidents):
                continue
            if part.uncertain and self._find(thread.channel_id, part, thread.ts):
                unsaid.clear()
            else:
                unsaid += about.updates
        return unsaid

    def _look_for_root(self, channel: str, letter: ThreadBatch) -> Thread | None:
        """Find the root that an attempt in doubt may have posted."""
        for part in reversed(letter.parts):
            if part.uncertain and (posted := self._find(channel, part)):
                return _thread(channel, part, posted, shows="")
        return None

    def _post(
        self,
        channel: str,
        message: Message,
        part: OutboxPart,
        *,
        thread_ts: str | None = None,
        loud: bool = False,
    ) -> Posted:
        """Post; when the answer is lost, look whether it arrived before saying it again.

        After a time-out it may still arrive: then it is looked for at the next attempt.
        """

        def say(said: Message) -> Posted:
            return self._slack.post(channel, said, key=part.key, thread_ts=thread_ts, loud=loud)

        try:
            return _or_shorter(say, message)
        except DeliveryFailed as failure:
            if not failure.uncertain or may_still_arrive(failure):
                raise
            try:
                found = self._slack.find(
                    channel, part.key, since=part.created_at, thread_ts=thread_ts
                )
            except DeliveryFailed:
                raise failure from None
            return found or _or_shorter(say, message)

    def _find(self, channel: str, part: OutboxPart, thread_ts: str | None = None) -> Posted | None:
        """Look for a part; where history may not be read, it counts as not told."""
        try:
            return self._slack.find(channel, part.key, since=part.created_at, thread_ts=thread_ts)
        except Refused as refusal:
            if refusal.kind is FailureKind.TEMPORARY:
                raise
            return None

    def _attach(self, notification: Notification, root_at: Posted) -> None:
        """Put the report into the thread; if that fails, say so there: the message stands."""
        about = notification.about
        if not isinstance(about, Digest) and not getattr(about, "attach_report", False):
            return
        if attachment := self._attachment(notification):
            name, content = attachment
            try:
                self._slack.upload(root_at, name, content)
            except DeliveryFailed as failure:
                words = f"The report could not be attached: {failure}"
                message = Message(text=fallback(words), blocks=[context(words)])
                key = f"{notification.key}/no-report"
                self._slack.post(root_at.channel_id, message, key=key, thread_ts=root_at.ts)


def _thread(channel: str, part: OutboxPart, posted: Posted, *, shows: str) -> Thread:
    return Thread(
        target=part.notification.target,
        channel=channel,
        key=part.notification.thread,
        channel_id=posted.channel_id,
        ts=posted.ts,
        shows=shows,
        outbox_id=part.id,
        at=part.notification.at,
    )


def _or_shorter(say: Callable[[Message], T], message: Message) -> T:
    """Say it; when Slack finds it too much, say it in one line."""
    try:
        return say(message)
    except Refused as refusal:
        if refusal.error not in TOO_MUCH:
            raise
        return say(message.brief)


def _digest(message: Message) -> str:
    return hashlib.sha256(msgspec.json.encode(message)).hexdigest()[:16]
