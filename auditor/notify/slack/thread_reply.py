"""Replies in the thread of an incident: one line for each update. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from auditor.engine.causes.cause_title import problem_title
from auditor.engine.findings.tracked_findings import Transition
from auditor.engine.incidents.incident import (
    NOT_EVALUATED,
    Acknowledgement,
    IncidentOwner,
    IncidentState,
)
from auditor.engine.incidents.notification import Incidents, IncidentUpdate, Notification
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.engine.views.target_report.report_changes import change_in_words
from auditor.notify.slack.blocks import (
    Json,
    Message,
    context,
    fallback,
    rich,
    run,
    section,
    user,
)
from auditor.notify.slack.incident_message import (
    due_date,
    owner_elements,
    with_mentions,
)
from auditor.notify.slack.message_style import ICONS, MessageStyle, ack_command, distinct_titles
from auditor.rule.severity import Severity
from auditor.text import BEING_COUNTED, count, format_duration, format_time

_SHOWN = 10
_WITH_CHANGE = 3
"""With more updates than this, each is one line; the root message has the rest."""

_WORSE = {NotifyReason.NEW, NotifyReason.REOPENED, NotifyReason.WORSE}
_ACTIONS = {
    NotifyReason.ACKNOWLEDGED,
    NotifyReason.RESUMED,
    NotifyReason.ASSIGNED,
    NotifyReason.AFFECTED_SHOWN,
    NotifyReason.RECHECKED,
}
"""What a user did. The reply names the user."""

_WITHOUT_CHANGE = {NotifyReason.REMINDER, NotifyReason.WAIVED, *_ACTIONS}
_ICONS = {
    NotifyReason.BETTER: "↘️",
    NotifyReason.WAIVED: "⏸",
    NotifyReason.RESOLVED: "🟢",
    NotifyReason.REMINDER: "⏰",
    NotifyReason.ACKNOWLEDGED: "🔕",
    NotifyReason.RESUMED: "▶️",
    NotifyReason.ASSIGNED: "👤",
    NotifyReason.AFFECTED_SHOWN: "👁",
    NotifyReason.RECHECKED: "🔄",
}


def reply(
    updates: Sequence[IncidentUpdate], notification: Notification, style: MessageStyle
) -> Message:
    """Return the updates, oldest first; each line names its problem, because a channel shows it."""
    shown = updates[-_SHOWN:]
    about = notification.about
    states = about.states if isinstance(about, Incidents) else ()
    by_cause = {state.cause: state for state in states}
    titles = distinct_titles(states)
    blocks: list[Json] = []
    for update in shown:
        title = _title(update, titles)
        state = by_cause.get(update.cause)
        blocks += _lines(update, title, state, style, with_change=len(shown) <= _WITH_CHANGE)
    reminded = [each.cause or each.rule for each in shown if each.reason is NotifyReason.REMINDER]
    if reminded and not style.interactive:
        named = reminded[0] if len(reminded) == 1 else "ID"
        hint = ack_command(named, notification.target)
        blocks.append(context(f"Stop reminders: {hint}"))
    if len(shown) < len(updates):
        blocks.append(context(f"{count(len(updates) - len(shown), 'earlier update')} left out"))
    lines = (
        f"{_headline(update, _title(update, titles), by_cause.get(update.cause), style)}. "
        f"{_sentence(update)}"
        for update in shown
    )
    text = fallback(f"{notification.target}: {' '.join(lines)}")
    return with_mentions(Message(text=text, blocks=blocks), notification, style)


def moved_reply(channel: str, channel_id: str) -> Message:
    """Return the pointer in an old thread to the channel where the incident continues."""
    text = f"This incident continues in {channel}."
    place = {"type": "channel", "channel_id": channel_id}
    blocks = [rich(section(run("This incident continues in "), place, run(f" ({channel}).")))]
    return Message(text=fallback(text), blocks=blocks)


def is_broadcast(
    updates: Sequence[IncidentUpdate], notification: Notification, style: MessageStyle
) -> bool:
    """Return whether the channel shows the reply, too.

    Of the reminders, it shows only the first one after the due date.
    """
    states = notification.about.states if isinstance(notification.about, Incidents) else ()
    by_cause = {state.cause: state for state in states}
    return any(
        update.reason is NotifyReason.REOPENED
        or update.rises
        # It ends the reminders of a critical incident, so the channel shows who decided that, and
        # why.
        or (update.reason is NotifyReason.ACKNOWLEDGED and update.severity is Severity.CRITICAL)
        or _becomes_overdue(update, by_cause.get(update.cause), style)
        for update in updates
    )


def _becomes_overdue(
    update: IncidentUpdate, state: IncidentState | None, style: MessageStyle
) -> bool:
    due_at = due_date(state, style) if state else None
    if update.reason is not NotifyReason.REMINDER or due_at is None or due_at >= update.at:
        return False
    return update.last_reminder_at is None or update.last_reminder_at <= due_at


def is_low_severity(notification: Notification) -> bool:
    """Return whether a notification is about incidents of severity low alone."""
    about = notification.about
    return isinstance(about, Incidents) and all(
        state.rule != NOT_EVALUATED and state.severity.rank == 0 for state in about.states
    )


def _title(update: IncidentUpdate, titles: Mapping[str, str]) -> str:
    """Return the title of the cause, or what the rule's id names if the message has no state."""
    return titles.get(update.cause) or problem_title(update.rule, {})


def _headline(
    update: IncidentUpdate, title: str, state: IncidentState | None, style: MessageStyle
) -> str:
    """Return the title after what changed: a resolved or overdue incident begins with that."""
    if update.reason is NotifyReason.RESOLVED:
        after = format_duration(update.at - update.since)
        return f"{Transition.RESOLVED.label.capitalize()} after {after}: {title}"
    due_at = due_date(state, style) if state else None
    if update.reason is NotifyReason.REMINDER and due_at and due_at < update.at:
        return f"Overdue since {due_at:%Y-%m-%d}: {title}"
    return title


def _lines(
    update: IncidentUpdate,
    title: str,
    state: IncidentState | None,
    style: MessageStyle,
    *,
    with_change: bool,
) -> Iterator[Json]:
    """Yield the line of an update, and the change behind it; ``state`` is that of its incident."""
    icon = ICONS[update.severity] if update.reason in _WORSE else _ICONS[update.reason]
    elements = [run(f"{icon} {_headline(update, title, state, style)}. ", style="bold")]
    if update.reason in _ACTIONS:
        does, rest = _action(update)
        elements += [run(f"{does} "), user(update.by, update.slack_user), run(rest, 500)]
    else:
        elements.append(run(_sentence(update), 500))
    owner = state.owner.name if state and state.owner else None
    if owner is None and style.deadlines:
        owner = style.deadlines.owner_of(update.rule)
    if owner and update.reason is NotifyReason.REMINDER:
        elements += [run(" Owner "), *owner_elements(owner, state)]
    yield rich(section(*elements))
    if with_change and update.change and update.reason not in _WITHOUT_CHANGE:
        label = "Fixed by " if update.reason is NotifyReason.RESOLVED else "Changed by "
        yield rich(
            section(run(label, style="bold"), run(update.change.changed_by, 300)),
            section(run(change_in_words(update.change, names_people=False), 400, style="code")),
        )


def _sentence(update: IncidentUpdate) -> str:  # noqa: PLR0911  (a table of cases)
    match update.reason:
        case NotifyReason.NEW:
            return f"{Transition.NEW.label.capitalize()}. {_numbers(update)}"
        case NotifyReason.REOPENED:
            return f"{Transition.REOPENED.label.capitalize()}. {_numbers(update)}"
        case NotifyReason.WORSE:
            return f"Now worse: {_difference(update)}. {_numbers(update)}"
        case NotifyReason.BETTER:
            return f"Improved: {_difference(update)}. {_numbers(update)}"
        case NotifyReason.RESOLVED:
            return f"{update.note}." if update.note else ""
        case NotifyReason.WAIVED:
            return f"{update.note}." if update.note else "Accepted by a waiver."
        case NotifyReason.REMINDER:
            after = format_duration(update.at - update.since)
            return f"{Transition.STILL_OPEN.label.capitalize()} after {after}. {_numbers(update)}"
        case (
            NotifyReason.ACKNOWLEDGED
            | NotifyReason.RESUMED
            | NotifyReason.ASSIGNED
            | NotifyReason.AFFECTED_SHOWN
            | NotifyReason.RECHECKED
        ):
            does, rest = _action(update)
            return f"{does} {update.by}{rest}"
        case _:
            assert_never(update.reason)


def _action(update: IncidentUpdate) -> tuple[str, str]:
    """Return the words before and after the name of the user who did it."""
    match update.reason, update.acknowledgement, update.owner:
        case NotifyReason.ACKNOWLEDGED, Acknowledgement() as acknowledgement, _:
            until = acknowledgement.until
            end = format_time(until) if until else "it is fixed"
            reason = f": {acknowledgement.reason}" if acknowledgement.reason else ""
            return "Acknowledged by", f"{reason}. No reminders until {end}."
        case NotifyReason.RESUMED, _, _:
            return "Reminders resumed by", "."
        case NotifyReason.ASSIGNED, _, IncidentOwner() as owner if owner.name == update.by:
            return "Taken by", ", who is the owner now."
        case NotifyReason.ASSIGNED, _, IncidentOwner() as owner:
            return "Assigned by", f" to {owner.name}."
        case NotifyReason.AFFECTED_SHOWN, _, _:
            return "The affected users were shown to", "."
        case _:
            return "Recheck by", f": {update.note or 'no result'}."


def _numbers(update: IncidentUpdate) -> str:
    if update.rule == NOT_EVALUATED:
        return f"{count(update.open, 'rule')} not evaluated."
    affected = f", {count(update.affected, 'affected user')}" if update.affected else ""
    if update.is_counting:
        affected = f", affected users {BEING_COUNTED}"
    return f"{count(update.open, 'open finding')}{affected}, {update.severity}."


def _difference(update: IncidentUpdate) -> str:
    parts = []
    if update.severity_before and update.severity_before != update.severity:
        parts.append(f"severity {update.severity}, was {update.severity_before}")
    if update.added:
        parts.append(f"{update.added:,} more")
    if update.removed:
        parts.append(f"{update.removed:,} no longer open")
    # A number that is not counted yet is no improvement.
    is_counted = not update.is_counting and update.affected != update.affected_before
    if is_counted and not (update.added or update.removed):
        affected = count(update.affected, "affected user")
        parts.append(f"{affected}, was {update.affected_before:,}")
    return ", ".join(parts)
