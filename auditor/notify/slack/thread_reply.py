"""Announcements as Slack messages: what happened to an incident, said in its thread. Pure."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from auditor.engine.incidents.incident import NOT_EVALUATED
from auditor.engine.incidents.notification import IncidentUpdate, Notification
from auditor.engine.incidents.policy import NotifyReason
from auditor.notify.slack.blocks import (
    Json,
    Message,
    bullets,
    context,
    fallback,
    rich,
    run,
    section,
)
from auditor.notify.slack.incident_message import MARKS, MessageStyle, incident_name, with_mentions
from auditor.text import count, format_duration, format_time

_SHOWN = 10
_DETAILED = 3
"""With more tidings than these each is one line; the message above has the rest."""

_BAD_NEWS = {NotifyReason.NEW, NotifyReason.REOPENED, NotifyReason.WORSE}
_QUIET = {NotifyReason.REMINDER, NotifyReason.ACKNOWLEDGED, NotifyReason.WAIVED}
_LOUD = {NotifyReason.REOPENED, NotifyReason.REMINDER}
_SIGNS = {
    NotifyReason.BETTER: "↘️",
    NotifyReason.WAIVED: "⏸",
    NotifyReason.RESOLVED: "✅",
    NotifyReason.REMINDER: "⏰",
    NotifyReason.ACKNOWLEDGED: "👀",
}


def reply(
    updates: Sequence[IncidentUpdate], notification: Notification, style: MessageStyle
) -> Message:
    """Say what happened, oldest first; each line names its rule, as the channel may see it too."""
    shown = updates[-_SHOWN:]
    blocks: list[Json] = []
    for update in shown:
        blocks += _told(update, detailed=len(shown) <= _DETAILED)
    reminded = [each.rule for each in shown if each.reason is NotifyReason.REMINDER]
    if reminded:
        which = reminded[0] if len(reminded) == 1 else "RULE"
        stop = f"auditor ack {which} --target {notification.target} --until WHEN --reason WHY"
        blocks.append(context(f"{stop} stops the reminders"))
    if len(shown) < len(updates):
        blocks.append(context(f"{count(len(updates) - len(shown), 'earlier change')} before that"))
    lines = (f"{incident_name(update.rule)}: {_said(update)}" for update in shown)
    text = fallback(f"{notification.target}: {' '.join(lines)}")
    return with_mentions(Message(text=text, blocks=blocks), notification, style)


def is_loud(updates: Sequence[IncidentUpdate]) -> bool:
    """Tell whether the channel is to see the reply as well, not only who follows the thread."""
    return any(update.reason in _LOUD or update.rises for update in updates)


def _told(update: IncidentUpdate, *, detailed: bool) -> Iterator[Json]:
    sign = MARKS[update.severity] if update.reason in _BAD_NEWS else _SIGNS[update.reason]
    heading = run(f"{sign} {incident_name(update.rule)} ", style="bold")
    yield rich(section(heading, run(_said(update), 500)))
    if detailed:
        if update.lines and update.reason in _BAD_NEWS:
            yield rich(bullets(update.lines, 300))
        if update.change and update.reason not in _QUIET:
            yield rich(
                section(run(f"Changed by {update.change.changed_by}: ", 300)),
                section(run(update.change.summary, 400, style="code")),
            )


def _said(update: IncidentUpdate) -> str:  # noqa: PLR0911  (a table of cases)
    match update.reason:
        case NotifyReason.NEW:
            return f"First seen. {_stands(update)}"
        case NotifyReason.REOPENED:
            return f"Reopened. {_stands(update)}"
        case NotifyReason.WORSE:
            return f"Worse: {_difference(update)}. {_stands(update)}"
        case NotifyReason.BETTER:
            return f"Better: {_difference(update)}. {_stands(update)}"
        case NotifyReason.RESOLVED:
            return f"Resolved. {update.note}." if update.note else "Resolved."
        case NotifyReason.WAIVED:
            return f"{update.note}."
        case NotifyReason.REMINDER:
            return (
                f"Still open after {format_duration(update.at - update.since)}. {_stands(update)}"
            )
        case NotifyReason.ACKNOWLEDGED:
            acknowledgement = update.acknowledgement
            if acknowledgement is None:
                return ""
            until = format_time(acknowledgement.until)
            by, reason = acknowledgement.by, acknowledgement.reason
            return f"{by} knows: {reason}. No reminder until {until}."
        case _:
            assert_never(update.reason)


def _stands(update: IncidentUpdate) -> str:
    hurt = f", affects {count(update.affected, 'person', 'people')}" if update.affected else ""
    return f"Now {count(update.open, _thing(update))}, {update.severity}{hurt}."


def _thing(update: IncidentUpdate) -> str:
    return "blind rule" if update.rule == NOT_EVALUATED else "finding"


def _difference(update: IncidentUpdate) -> str:
    parts = []
    if update.severity_before and update.severity_before != update.severity:
        parts.append(f"now {update.severity}, was {update.severity_before}")
    if update.added:
        parts.append(f"{update.added:,} more")
    if update.removed:
        parts.append(f"{update.removed:,} no longer open")
    if update.affected != update.affected_before and not (update.added or update.removed):
        hurt = count(update.affected, "person", "people")
        parts.append(f"affects {hurt}, was {update.affected_before:,}")
    return ", ".join(parts)
