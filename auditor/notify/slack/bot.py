"""Slack by a bot token: one root message for each incident, edited, with replies in its thread."""

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
from auditor.notify.slack.api_errors import (
    TOO_LONG_ERRORS,
    UNUSABLE_CHANNEL_ERRORS,
    NameUnresolved,
    Refused,
)
from auditor.notify.slack.blocks import Message, context, fallback
from auditor.notify.slack.details_reply import details_replies
from auditor.notify.slack.incident_message import root, with_mentions
from auditor.notify.slack.message_style import MessageStyle
from auditor.notify.slack.routing import Routes
from auditor.notify.slack.thread_reply import is_broadcast, is_low_severity, moved_reply, reply
from auditor.notify.slack.web_api import NoAnswer

T = TypeVar("T")

_GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
"""The root message was deleted, or cannot be edited any more."""

_BEGUN = "begun "
"""Beginning of ``Thread.shows`` of a thread whose first replies are not posted yet."""

_MOVED = "moved to "
"""Beginning of ``Thread.shows`` of a thread that points to another channel."""


class SlackBot:
    """Delivers to the channels that the routes name; no message is posted twice."""

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
        self._style = style
        self._attachment = attachment
        self._unusable: dict[str, DeliveryFailed] = {}
        """Channels that refused a message in this run; their other messages wait."""

    def send(self, batch: ThreadBatch) -> Receipt:
        """Bring the thread of a batch up to date, in the channel where the incident belongs.

        If that channel changes, the incident gets a root message in the new channel and a pointer
        in the old thread. A lower severity alone moves nothing.
        """
        notification = batch.latest.notification
        known = self._threads.threads(notification.target, notification.thread)
        # After a move, the incident is where its latest part was posted.
        home = max(known, key=lambda each: (each.outbox_id, each.at), default=None)
        if home is None and is_low_severity(notification) and not self._routes.has(notification):
            return {"posted": "nothing: findings of severity low are in the weekly digest"}
        channel = self._channel_of(notification, batch, home)
        there = self._thread_in(channel, known, home)
        current = self._bring_up_to_date(channel, batch, there)
        for left in known:
            if left.channel_id != current.channel_id and not left.shows.startswith(_MOVED):
                self._point_to(current, left, batch.latest)
        return {channel: current.ts}

    def _channel_of(
        self, notification: Notification, batch: ThreadBatch, home: Thread | None
    ) -> str:
        """Return the channel where the incident belongs, as the configuration names it."""
        routed = self._routes.channel_for(notification)
        if home is None or self._is_in(home, routed):
            return routed if home is None else home.channel
        updates = (update for part in batch.parts for update in _updates(part))
        if any(update.begins or update.rises for update in updates):
            return routed
        possible = self._routes.channels_at_any_severity(notification)
        return home.channel if any(self._is_in(home, each) for each in possible) else routed

    def _thread_in(
        self, channel: str, known: tuple[Thread, ...], home: Thread | None
    ) -> Thread | None:
        """Return the thread that the incident has in a channel: there is one root at most."""
        if home is not None and channel == home.channel:
            return home
        return next((each for each in known if self._is_in(each, channel)), None)

    def _is_in(self, thread: Thread, channel: str) -> bool:
        """Return whether a thread is in a channel; ``#name`` and the id are the same channel.

        If the id of a name cannot be determined, the incident stays where it is.
        """
        if channel.removeprefix("#") == thread.channel.removeprefix("#"):
            return True
        try:
            return self._id_of(channel) == thread.channel_id
        except NameUnresolved:
            return True

    def _id_of(self, channel: str) -> str:
        known = self._slack.known_id(channel) or self._threads.channel_id(channel)
        return known or self._slack.id_of(channel)

    def _bring_up_to_date(self, channel: str, batch: ThreadBatch, thread: Thread | None) -> Thread:
        # A refusal names the channel as the request did: by its name or by its id.
        for name in (channel, thread.channel_id if thread else channel):
            if name in self._unusable:
                raise self._unusable[name]
        try:
            return self._update_or_begin(channel, batch, thread)
        except DeliveryFailed as failure:
            if failure.kind is FailureKind.NEEDS_FIX and failure.destination:
                self._unusable[failure.destination] = self._unusable[channel] = failure
            raise

    def _update_or_begin(self, channel: str, batch: ThreadBatch, thread: Thread | None) -> Thread:
        notification = batch.latest.notification
        message = root(notification, self._style(notification))
        thread = thread or self._find_root(channel, batch)
        try:
            if thread:
                return self._continue(thread, batch, message)
        except Refused as refusal:
            if refusal.error not in _GONE and not self._was_replaced(thread, refusal):
                raise
        return self._begin(channel, batch, message)

    def _was_replaced(self, thread: Thread | None, refusal: Refused) -> bool:
        """Return whether the name of an unusable channel now belongs to another channel."""
        if thread is None or refusal.error not in UNUSABLE_CHANNEL_ERRORS:
            return False
        try:
            return self._slack.id_of(thread.channel) != thread.channel_id
        except DeliveryFailed:
            return False

    def _begin(self, channel: str, batch: ThreadBatch, message: Message) -> Thread:
        part = batch.latest
        notification = part.notification
        first = with_mentions(message, notification, self._style(notification))
        posted = self._post(channel, first, part)
        thread = _thread(channel, part, posted, shows=f"{_BEGUN}{_hash(message)}")
        self._threads.keep_thread(thread)
        self._attach(notification, posted)
        return self._post_details(thread, batch, is_retry=False)

    def _post_details(self, thread: Thread, batch: ThreadBatch, *, is_retry: bool) -> Thread:
        """Post the first replies of a new thread. ``is_retry``: some may have been posted."""
        covered = [part for part in batch.parts if part.id <= thread.outbox_id]
        updates = [each for part in covered for each in _updates(part)]
        for part in covered[-1:]:
            for details in details_replies(part.notification, updates):
                own = replace(part, key=f"{part.key}/{details.cause}")
                if not (is_retry and self._find(thread.channel_id, own.key, own, thread.ts)):
                    self._post_or_leave_out(thread, details.message, own)
        thread = replace(thread, shows=thread.shows.removeprefix(_BEGUN))
        self._threads.keep_thread(thread)
        return thread

    def _post_or_leave_out(self, thread: Thread, message: Message, part: OutboxPart) -> None:
        """Post a reply; if Slack refuses it for ever, leave it out: the root message stands."""
        try:
            self._post(thread.channel_id, message, part, thread_ts=thread.ts)
        except DeliveryFailed as failure:
            if failure.kind is not FailureKind.PERMANENT:
                raise

    def _continue(self, thread: Thread, batch: ThreadBatch, message: Message) -> Thread:
        """Edit the root if it changed, and reply with the updates that were not posted yet."""
        if thread.shows.startswith(_BEGUN):
            thread = self._post_details(thread, batch, is_retry=True)
        # An earlier attempt posted this part and ended before its result was stored.
        if thread.outbox_id >= batch.latest.id:
            return thread
        root_at, shows = Posted(thread.channel_id, thread.ts), _hash(message)
        if shows != thread.shows:
            _or_shorter(lambda content: self._slack.edit(root_at, content), message)
        notification = batch.latest.notification
        if updates := self._new_updates(thread, batch):
            self._post(
                thread.channel_id,
                reply(updates, notification, self._style(notification)),
                batch.latest,
                thread_ts=thread.ts,
                broadcast=is_broadcast(updates, notification, self._style(notification)),
            )
        thread = replace(thread, shows=shows, outbox_id=batch.latest.id, at=notification.at)
        self._threads.keep_thread(thread)
        return thread

    def _new_updates(self, thread: Thread, batch: ThreadBatch) -> list[IncidentUpdate]:
        """Return the updates that were not posted; a part in the thread proves those before it."""
        updates: list[IncidentUpdate] = []
        for part in batch.parts:
            if part.id <= thread.outbox_id or not isinstance(part.notification.about, Incidents):
                continue
            if part.uncertain and self._find(thread.channel_id, part.key, part, thread.ts):
                updates.clear()
            else:
                updates += _updates(part)
        return updates

    def _point_to(self, current: Thread, left: Thread, part: OutboxPart) -> None:
        """Reply in the old thread where the incident continues. An unusable channel is ignored."""
        key = f"{part.key}/moved"
        try:
            if not (part.uncertain and self._find(left.channel_id, key, part, left.ts)):
                message = moved_reply(current.channel, current.channel_id)
                self._slack.post(left.channel_id, message, key=key, thread_ts=left.ts)
        except DeliveryFailed as failure:
            if failure.kind is FailureKind.TEMPORARY:
                return  # the next update tries again
        self._threads.keep_thread(replace(left, shows=f"{_MOVED}{current.channel_id}"))

    def _find_root(self, channel: str, batch: ThreadBatch) -> Thread | None:
        """Find the root that an uncertain attempt may have posted.

        Raises :class:`NameUnresolved` rather than risk a second root message.
        """
        for part in reversed(batch.parts):
            if part.uncertain and (posted := self._find(self._id_of(channel), part.key, part)):
                thread = _thread(channel, part, posted, shows=_BEGUN)
                self._threads.keep_thread(thread)
                return thread
        return None

    def _post(
        self,
        channel: str,
        message: Message,
        part: OutboxPart,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        """Post; when the answer is lost, search for the message before it is posted again.

        After a time-out it may still arrive. The next attempt then searches for it.
        """

        def post(content: Message) -> Posted:
            return self._slack.post(
                channel, content, key=part.key, thread_ts=thread_ts, broadcast=broadcast
            )

        try:
            return _or_shorter(post, message)
        except DeliveryFailed as failure:
            if not failure.uncertain or (isinstance(failure, NoAnswer) and failure.timed_out):
                raise
            try:
                found = self._slack.find(
                    self._id_of(channel), part.key, since=part.created_at, thread_ts=thread_ts
                )
            except DeliveryFailed:
                # The search failed, so nothing is known about the post: its own failure decides
                # what comes next.
                raise failure from None
            return found or _or_shorter(post, message)

    def _find(
        self, channel_id: str, key: str, part: OutboxPart, thread_ts: str | None = None
    ) -> Posted | None:
        """Search for a message. Without the right to read history it counts as not posted."""
        try:
            return self._slack.find(channel_id, key, since=part.created_at, thread_ts=thread_ts)
        except Refused as refusal:
            if refusal.kind is FailureKind.TEMPORARY:
                raise
            return None

    def _attach(self, notification: Notification, root_at: Posted) -> None:
        """Share the report in the thread. If that fails, a reply states it: the message stands."""
        about = notification.about
        if not isinstance(about, Digest) and not getattr(about, "attach_report", False):
            return
        if attachment := self._attachment(notification):
            name, content = attachment
            try:
                self._slack.upload(root_at, name, content)
            except DeliveryFailed as failure:
                text = f"The report could not be attached: {failure}"
                message = Message(text=fallback(text), blocks=[context(text)])
                key = f"{notification.key}/no-report"
                self._slack.post(root_at.channel_id, message, key=key, thread_ts=root_at.ts)


def _updates(part: OutboxPart) -> tuple[IncidentUpdate, ...]:
    about = part.notification.about
    return about.updates if isinstance(about, Incidents) else ()


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


def _or_shorter(send: Callable[[Message], T], message: Message) -> T:
    """Send a message; send it in one line if Slack refuses its length."""
    try:
        return send(message)
    except Refused as refusal:
        if refusal.error not in TOO_LONG_ERRORS:
            raise
        return send(message.brief)


def _hash(message: Message) -> str:
    return hashlib.sha256(msgspec.json.encode(message)).hexdigest()[:16]
