"""The root message of an incident: its present state, edited as it changes. Pure.

Order of a message: problem and severity, affected, change and author, remediation, owner and due
date, links. Names of affected users are never part of a message. All outside text goes through
:mod:`auditor.notify.slack.blocks`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from auditor.engine.incidents.incident import (
    NOT_EVALUATED,
    Acknowledgement,
    IncidentState,
    IncidentStatus,
)
from auditor.engine.incidents.notification import (
    ChangesNotice,
    Digest,
    Incidents,
    Notice,
    Notification,
    NotificationKind,
)
from auditor.engine.views.target_report.report_changes import change_in_words
from auditor.notify.slack import notice_message
from auditor.notify.slack.blocks import (
    Json,
    Message,
    context,
    fallback,
    header,
    is_slack_id,
    links,
    mentions,
    rich,
    run,
    section,
    user,
)
from auditor.notify.slack.interaction.action_blocks import action_controls
from auditor.notify.slack.message_style import (
    ICONS,
    MAX_LINE_LENGTH,
    MessageStyle,
    ack_command,
    without_names,
)
from auditor.notify.slack.several_message import SHOWN_INCIDENTS, several_message
from auditor.text import BEING_COUNTED, count, format_duration, format_time

SHOWN_STEPS = 3
MAX_STEP_LENGTH = 160
"""Characters of a line of the remediation; the report and `auditor findings` have all steps."""


def root(notification: Notification, style: MessageStyle) -> Message:
    """Return the message that shows the present state."""
    match notification.about:
        case Incidents(kind=NotificationKind.INCIDENT | NotificationKind.STORM, states=(state,)):
            return _one(state, notification, style)
        case Incidents() as incidents:
            return several_message(incidents, notification, style)
        case ChangesNotice() as changes:
            return notice_message.changes_message(changes, notification.target)
        case Notice() as notice:
            return notice_message.notice_message(notice)
        case Digest() as digest:
            return notice_message.digest_message(digest, notification.target, style.report)
        case _:
            assert_never(notification.about)


def with_mentions(message: Message, notification: Notification, style: MessageStyle) -> Message:
    """Add the configured mentions above a message that is worth one."""
    if not (notification.mentions and notification.severity):
        return message
    mentioned = list(mentions(style.mentions.get(notification.severity, ())))
    if not mentioned:
        return message
    return replace(message, blocks=[rich(section(*mentioned)), *message.blocks])


def heading(state: IncidentState) -> str:
    """Return icon, status and problem: ``🔴 Email not login``, ``🟢 Resolved: Email not login``."""
    problem = state.title
    match state.status:
        case IncidentStatus.OPEN if state.rule == NOT_EVALUATED:
            problem = f"Audit incomplete: {count(state.findings, 'rule')} not evaluated"
            return f"🔕 Acknowledged: {problem}" if state.acknowledgement else f"⚠️ {problem}"
        case IncidentStatus.OPEN if state.acknowledgement:
            return f"🔕 Acknowledged: {problem}"
        case IncidentStatus.OPEN:
            return f"{ICONS[state.severity]} {problem}"
        case IncidentStatus.WAIVED:
            return f"⏸ Accepted: {problem}"
        case IncidentStatus.RESOLVED:
            return f"🟢 Resolved: {problem}"


def _one(state: IncidentState, notification: Notification, style: MessageStyle) -> Message:
    is_open = state.status is IncidentStatus.OPEN
    lines = list(_facts(state, notification.target))
    if is_open:
        lines += _remediation(state)
    lines += _owner_and_due(state, style) if is_open else []
    pages = [(link.label, link.url) for link in state.links] if is_open else []
    if style.report:
        # The incident of unknown rules has no cause, and so no place among the causes of the
        # report.
        fragment = "coverage" if state.rule == NOT_EVALUATED else f"c-{state.cause}"
        pages.append(("Report", f"{style.report}#{fragment}"))
    if linked := links(pages):
        lines.append(section(*linked))
    blocks = [header(heading(state)), rich(*lines)]
    if is_open and style.interactive:
        blocks.append(action_controls(state))
    elif is_open and not state.acknowledgement:
        named = state.cause or state.rule
        blocks.append(context(f"Acknowledge: {ack_command(named, notification.target)}"))
    return Message(text=fallback(_plain(state, notification, style)), blocks=blocks)


def _facts(state: IncidentState, target: str) -> Iterator[Json]:
    is_open = state.status is IncidentStatus.OPEN
    severity = state.severity.capitalize() if is_open else f"Was {state.severity}"
    summary = f" · {target}"
    if len(state.rules) > 1:
        summary += f" · {len(state.rules)} rules"
    if state.rule != NOT_EVALUATED and state.findings > 1:
        summary += f" · {count(state.findings, 'finding')}"
    yield section(run(severity, style="bold"), run(summary, MAX_LINE_LENGTH))
    if state.is_counting:
        yield section(run("Affected users", style="bold"), run(f" {BEING_COUNTED}"))
    elif state.affected:
        were = "affected" if is_open else "were affected"
        yield section(
            run(f"{state.affected:,}", style="bold"),
            run(f" {'user' if state.affected == 1 else 'users'} {were}"),
        )
    if is_open:
        for line in shown_lines(state):
            yield section(run(line, 260))
    if state.change:
        label = "Changed by " if is_open else "Was changed by "
        yield section(run(label, style="bold"), run(state.change.changed_by, MAX_LINE_LENGTH))
        yield section(
            run(change_in_words(state.change, names_people=False), MAX_LINE_LENGTH, style="code")
        )
    yield _when(state)
    if state.acknowledgement:
        yield _acknowledged(state.acknowledgement)
    if state.note:
        yield section(run(without_names(state.note, state), 300))


def shown_lines(state: IncidentState) -> Sequence[str]:
    """Return the message of a single finding, or the one message for several of one rule."""
    if state.rule == NOT_EVALUATED:
        return [*(without_names(line, state) for line in state.lines[:SHOWN_INCIDENTS])]
    if state.findings == 1 and state.lines:
        return [without_names(state.lines[0], state)]
    return [state.summary] if state.summary else []


def _when(state: IncidentState) -> Json:
    if state.status is IncidentStatus.RESOLVED and state.until:
        after = f" {format_time(state.until)}, after {format_duration(state.until - state.since)}"
        return section(run("Resolved", style="bold"), run(after))
    label = "Since" if state.dated else "First seen"
    return section(run(label, style="bold"), run(f" {format_time(state.since)}"))


def _acknowledged(acknowledgement: Acknowledgement) -> Json:
    """Return who acknowledged an incident, and until when; the thread has the reason."""
    until = acknowledgement.until
    end = f" until {format_time(until)}" if until else " until it is fixed"
    return section(
        run("Acknowledged by ", style="bold"),
        user(acknowledgement.by, acknowledgement.slack_user),
        run(end),
    )


def _remediation(state: IncidentState) -> Iterator[Json]:
    """Yield what to do in one to three lines; the report has all steps."""
    first, *more = (state.fix or state.steps or ("",))[:SHOWN_STEPS]
    if first:
        text = without_names(first, state)
        yield section(run("Remediation ", style="bold"), run(text, MAX_STEP_LENGTH))
    for step in more:
        yield section(run(without_names(step, state), MAX_STEP_LENGTH))


def _owner_and_due(state: IncidentState, style: MessageStyle) -> list[Json]:
    """Return the line of owner and due date; an owner that is a Slack id is mentioned."""
    owner = _owner(state, style)
    due_at = due_date(state, style)
    elements: list[Json] = []
    if owner:
        elements += [run("Owner ", style="bold"), *owner_elements(owner, state)]
    if due_at:
        elements.append(run(f"{' · due' if owner else 'Due'} {due_at:%Y-%m-%d}"))
    return [section(*elements)] if elements else []


def _owner(state: IncidentState, style: MessageStyle) -> str | None:
    if state.owner:
        return state.owner.name
    if style.deadlines is None or state.rule == NOT_EVALUATED:
        return None
    return style.deadlines.owner_of(state.rule)


def owner_elements(owner: str, state: IncidentState | None) -> list[Json]:
    """Return an owner as text, or as a mention when the owner is a Slack user or group."""
    if state and state.owner:
        return [user(state.owner.name, state.owner.slack_user)]
    return list(mentions([owner])) if is_slack_id(owner) else [run(owner, 120)]


def due_date(state: IncidentState, style: MessageStyle) -> datetime | None:
    """Return when an incident is due; ``None``: that is unknown, or it has no due date."""
    if style.deadlines is None or state.opened_at is None or state.rule == NOT_EVALUATED:
        return None
    return style.deadlines.due_at(state.severity, state.opened_at)


def _plain(state: IncidentState, notification: Notification, style: MessageStyle) -> str:
    """Return the message in one line: severity, target, problem, count, author, owner."""
    problem = state.title
    match state.status:
        case IncidentStatus.RESOLVED:
            after = f" after {format_duration(state.until - state.since)}" if state.until else ""
            parts = [f"Resolved{after}, {notification.target}: {problem}."]
        case IncidentStatus.WAIVED:
            parts = [f"Accepted, {notification.target}: {problem}."]
        case IncidentStatus.OPEN if state.rule == NOT_EVALUATED:
            rules = count(state.findings, "rule")
            parts = [f"Audit incomplete, {notification.target}: {rules} not evaluated."]
        case IncidentStatus.OPEN:
            acknowledged = "Acknowledged, " if state.acknowledgement else ""
            severity = state.severity if state.acknowledgement else state.severity.capitalize()
            parts = [f"{acknowledged}{severity}, {notification.target}: {problem}."]
    parts += _affected_in_plain(state)
    if state.status is IncidentStatus.OPEN:
        if state.change:
            parts.append(f"Changed by {state.change.changed_by}.")
        owner = _owner(state, style)
        # In plain text, an id means nothing to readers.
        if owner and not is_slack_id(owner):
            parts.append(f"Owner {owner}.")
        if due_at := due_date(state, style):
            parts.append(f"Due {due_at:%Y-%m-%d}.")
    return " ".join(parts)


def _affected_in_plain(state: IncidentState) -> list[str]:
    if state.is_counting:
        return [f"Affected users: {BEING_COUNTED}."]
    were = "" if state.status is IncidentStatus.OPEN else "were "
    return [f"{count(state.affected, 'user')} {were}affected."] if state.affected else []
