"""Announcements as Slack messages: the root, which shows how things stand now. Pure.

Everything that came from outside goes through :mod:`auditor.notify.slack.blocks`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.engine.incidents.notification import (
    ChangesNotice,
    Digest,
    Incidents,
    Notice,
    Notification,
    NotificationKind,
)
from auditor.notify.slack import notice_message
from auditor.notify.slack.blocks import (
    Json,
    Message,
    bullets,
    buttons,
    call,
    context,
    fallback,
    header,
    rich,
    run,
    section,
)
from auditor.rule.severity import Severity
from auditor.text import count, format_duration, format_time, join_some

MARKS = {
    Severity.CRITICAL: "🔴",
    Severity.HIGH: "🟠",
    Severity.MEDIUM: "🟡",
    Severity.LOW: "⚪",
}


def mark(card: IncidentState) -> str:
    """Return the sign of an incident; the words beside it say the same."""
    match card.status:
        case IncidentStatus.OPEN:
            return MARKS[card.severity]
        case IncidentStatus.WAIVED:
            return "⏸"
        case IncidentStatus.RESOLVED:
            return "✅"


def incident_name(rule: str) -> str:
    """Name what an incident is about."""
    return "blind spots" if rule == NOT_EVALUATED else rule


def promise_of(card: IncidentState) -> str:
    """Say what is broken: the rule's promise, or which rules cannot tell."""
    return card.title if card.rule == NOT_EVALUATED else f"What should hold: {card.title}"


def state_of(card: IncidentState) -> str:
    """Say where an incident stands: ``Critical, open.``, ``Resolved after 3 days.``."""
    match card.status:
        case IncidentStatus.OPEN:
            return f"{card.severity.capitalize()}, open."
        case IncidentStatus.WAIVED:
            return f"{card.severity.capitalize()}, accepted."
        case IncidentStatus.RESOLVED:
            after = f" after {format_duration(card.until - card.since)}" if card.until else ""
            return f"Resolved{after}."


_SHOWN_CARDS = 20
_SHOWN_CAUSES = 3
_SHOWN_STEPS = 6


class MessageStyle(Struct, frozen=True, kw_only=True):
    """What messages of one installation have in common."""

    mentions: Mapping[Severity, tuple[str, ...]] = {}
    """Whom to call when something begins: ``@here``, ids of user groups and users."""

    report: str | None = None
    """Address of the report that covers the announcement."""


def root(notification: Notification, style: MessageStyle) -> Message:
    """Show the present state; this message is edited as the state changes."""
    match notification.about:
        case Incidents(kind=NotificationKind.INCIDENT | NotificationKind.STORM, states=(card,)):
            return _one(card, notification, style)
        case Incidents(states=cards, kind=scene):
            return _many(cards, scene, notification, style)
        case ChangesNotice() as changes:
            return notice_message.changes_message(changes, notification.target)
        case Notice() as notice:
            return notice_message.notice_message(notice)
        case Digest() as digest:
            return notice_message.digest_message(digest, notification.target, style.report)
        case _:
            assert_never(notification.about)


def with_mentions(message: Message, notification: Notification, style: MessageStyle) -> Message:
    """Call whoever wants to be called for this, above the message, if it is worth it."""
    if not (notification.mentions and notification.severity):
        return message
    whom = list(call(style.mentions.get(notification.severity, ())))
    return replace(message, blocks=[rich(section(*whom)), *message.blocks]) if whom else message


def _one(card: IncidentState, notification: Notification, style: MessageStyle) -> Message:
    """Answer the five questions: what, since when, whom, who, how it is put back."""
    state = state_of(card)
    blocks = [
        header(f"{mark(card)} {incident_name(card.rule)} · {notification.target}"),
        rich(section(run(f"{state} ", style="bold"), run(promise_of(card), 400))),
        *_lines(card),
        rich(*_facts(card)),
        *_steps(card),
    ]
    if card.note:
        blocks.append(context(card.note))
    links = [(link.label, link.url) for link in card.links]
    if style.report and card.anchor:
        links.append(("Report", f"{style.report}#f-{card.anchor}"))
    blocks += buttons(links)
    line = card.lines[0] if card.lines else card.title
    text = fallback(f"{notification.target}: {incident_name(card.rule)}: {state} {line}")
    return Message(text=text, blocks=blocks)


def _lines(card: IncidentState) -> Iterator[Json]:
    if card.lines:
        rest = 0 if card.rule == NOT_EVALUATED else card.findings - len(card.lines)
        more = [f"… and {rest:,} more"] if rest > 0 else []
        yield rich(bullets([*card.lines, *more], 500))


def _facts(card: IncidentState) -> Iterator[Json]:
    began = "Since: " if card.dated else "First seen: "
    yield section(run(began, style="bold"), run(format_time(card.since)))
    if card.affected:
        names = join_some(card.people, card.affected)
        hurt = count(card.affected, "person", "people") + (f": {names}" if names else "")
        yield section(run(f"{_affects(card)}: ", style="bold"), run(hurt, 700))
    if card.change:
        yield from _cause(card.change)


def _cause(change: Change) -> Iterator[Json]:
    yield section(run("Changed by: ", style="bold"), run(change.changed_by, 300))
    yield section(run(change.summary, 600, style="code"))


def _steps(card: IncidentState) -> Iterator[Json]:
    if card.steps and card.status is IncidentStatus.OPEN:
        yield rich(
            section(run("How to put it back", style="bold")),
            bullets(card.steps[:_SHOWN_STEPS], 400, ordered=True),
        )


def _many(
    cards: Sequence[IncidentState],
    scene: NotificationKind,
    notification: Notification,
    style: MessageStyle,
) -> Message:
    """Show several incidents, a line each; the report has the rest."""
    causes = dict.fromkeys(card.change for card in cards if card.change)
    if scene is NotificationKind.BASELINE:
        title = f"First audit of {notification.target}"
        lead = "This is what was found, not what changed."
    else:
        title = f"{count(len(cards), 'rule')} broken at once on {notification.target}"
        lead = "" if causes else "One cause may be behind several of them."
    standing = [card for card in cards if card.status is IncidentStatus.OPEN]
    accepted = [card for card in cards if card.status is IncidentStatus.WAIVED]
    if standing:
        state = f"{len(standing)} of {len(cards)} stand open."
    elif accepted:
        state, lead = f"{len(accepted)} of {len(cards)} accepted; the rest is over.", ""
    else:
        state, lead = "All of it is over.", ""
    blocks = [
        header(f"{mark((*standing, *accepted, *cards)[0])} {title}"),
        rich(section(run(state, style="bold"), *([run(f" {lead}")] if lead else []))),
        rich(*(_row(card) for card in cards[:_SHOWN_CARDS])),
        *(rich(*_cause(change)) for change in islice(causes, _SHOWN_CAUSES)),
    ]
    if len(cards) > _SHOWN_CARDS:
        blocks.append(context(f"and {count(len(cards) - _SHOWN_CARDS, 'more rule')}"))
    blocks += buttons([("Report", style.report)] if style.report else [])
    names = ", ".join(incident_name(card.rule) for card in cards)
    return Message(text=fallback(f"{title}: {state} {names}"), blocks=blocks)


def _affects(card: IncidentState) -> str:
    return "Affected" if card.status is IncidentStatus.RESOLVED else "Affects"


def _row(card: IncidentState) -> Json:
    hurt = f" {_affects(card)} {count(card.affected, 'person', 'people')}." if card.affected else ""
    line = f" {card.lines[0]}" if card.lines and card.status is IncidentStatus.OPEN else ""
    return section(
        run(f"{mark(card)} {incident_name(card.rule)} ", 120, style="bold"),
        run(f"{state_of(card)}{line}{hurt}", 260),
    )
