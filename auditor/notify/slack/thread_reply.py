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

_BAD_NEWS = {NotifyReason.FIRST_SEEN, NotifyReason.REOPENED, NotifyReason.WORSE}
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
    tidings: Sequence[IncidentUpdate], announcement: Notification, manner: MessageStyle
) -> Message:
    """Say what happened, oldest first; each line names its rule, as the channel may see it too."""
    shown = tidings[-_SHOWN:]
    blocks: list[Json] = []
    for tiding in shown:
        blocks += _told(tiding, detailed=len(shown) <= _DETAILED)
    reminded = [each.rule for each in shown if each.reason is NotifyReason.REMINDER]
    if reminded:
        which = reminded[0] if len(reminded) == 1 else "RULE"
        stop = f"auditor ack {which} --target {announcement.target} --until WHEN --reason WHY"
        blocks.append(context(f"{stop} stops the reminders"))
    if len(shown) < len(tidings):
        blocks.append(context(f"{count(len(tidings) - len(shown), 'earlier change')} before that"))
    lines = (f"{incident_name(tiding.rule)}: {_said(tiding)}" for tiding in shown)
    text = fallback(f"{announcement.target}: {' '.join(lines)}")
    return with_mentions(Message(text=text, blocks=blocks), announcement, manner)


def is_loud(tidings: Sequence[IncidentUpdate]) -> bool:
    """Tell whether the channel is to see the reply as well, not only who follows the thread."""
    return any(tiding.reason in _LOUD or tiding.rises for tiding in tidings)


def _told(tiding: IncidentUpdate, *, detailed: bool) -> Iterator[Json]:
    sign = MARKS[tiding.severity] if tiding.reason in _BAD_NEWS else _SIGNS[tiding.reason]
    heading = run(f"{sign} {incident_name(tiding.rule)} ", style="bold")
    yield rich(section(heading, run(_said(tiding), 500)))
    if detailed:
        if tiding.lines and tiding.reason in _BAD_NEWS:
            yield rich(bullets(tiding.lines, 300))
        if tiding.change and tiding.reason not in _QUIET:
            yield rich(
                section(run(f"Changed by {tiding.change.changed_by}: ", 300)),
                section(run(tiding.change.summary, 400, style="code")),
            )


def _said(tiding: IncidentUpdate) -> str:  # noqa: PLR0911  (a table of cases)
    match tiding.reason:
        case NotifyReason.FIRST_SEEN:
            return f"First seen. {_stands(tiding)}"
        case NotifyReason.REOPENED:
            return f"Reopened. {_stands(tiding)}"
        case NotifyReason.WORSE:
            return f"Worse: {_difference(tiding)}. {_stands(tiding)}"
        case NotifyReason.BETTER:
            return f"Better: {_difference(tiding)}. {_stands(tiding)}"
        case NotifyReason.RESOLVED:
            return f"Resolved. {tiding.note}." if tiding.note else "Resolved."
        case NotifyReason.WAIVED:
            return f"{tiding.note}."
        case NotifyReason.REMINDER:
            return (
                f"Still open after {format_duration(tiding.at - tiding.since)}. {_stands(tiding)}"
            )
        case NotifyReason.ACKNOWLEDGED:
            ack = tiding.ack
            return (
                f"{ack.by} knows: {ack.reason}. No reminder until {format_time(ack.until)}."
                if ack
                else ""
            )
        case _:
            assert_never(tiding.reason)


def _stands(tiding: IncidentUpdate) -> str:
    hurt = f", affects {count(tiding.affected, 'person', 'people')}" if tiding.affected else ""
    return f"Now {count(tiding.open, _thing(tiding))}, {tiding.severity}{hurt}."


def _thing(tiding: IncidentUpdate) -> str:
    return "blind rule" if tiding.rule == NOT_EVALUATED else "finding"


def _difference(tiding: IncidentUpdate) -> str:
    parts = []
    if tiding.severity_before and tiding.severity_before != tiding.severity:
        parts.append(f"now {tiding.severity}, was {tiding.severity_before}")
    if tiding.added:
        parts.append(f"{tiding.added:,} more")
    if tiding.gone:
        parts.append(f"{tiding.gone:,} no longer open")
    if tiding.affected != tiding.affected_before and not (tiding.added or tiding.gone):
        hurt = count(tiding.affected, "person", "people")
        parts.append(f"affects {hurt}, was {tiding.affected_before:,}")
    return ", ".join(parts)
