"""The first reply in the thread of an incident: what its root message leaves out. Pure.

It is posted with the root message. A message of several incidents has one such reply for each
incident that it lists.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from auditor.engine.changes.diff import Confidence
from auditor.engine.incidents.action_limits import ADMIN_ACCESS_RULE
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.engine.incidents.notification import Incidents, IncidentUpdate, Notification
from auditor.notify.slack.blocks import (
    Json,
    Message,
    context,
    fallback,
    numbered,
    prose,
    rich,
    run,
    section,
)
from auditor.notify.slack.incident_message import heading, shown_lines
from auditor.notify.slack.message_style import without_names
from auditor.notify.slack.several_message import SHOWN_INCIDENTS, by_urgency
from auditor.rule.results import Evidence
from auditor.text import SHORT_ID, count, format_time

MAX_STEPS = 10
MAX_DETAILED_STEP_LENGTH = 400

_CONFIDENCE = {
    Confidence.EXACT: "Exact: the log entry holds this change.",
    Confidence.LIKELY: "Likely: it is the only matching log entry.",
    Confidence.AMBIGUOUS: "Ambiguous: several log entries match.",
    Confidence.UNKNOWN: "",
}


class DetailsReply(Struct, frozen=True, kw_only=True):
    """One reply with details."""

    cause: str
    message: Message


def details_replies(
    notification: Notification, updates: Iterable[IncidentUpdate]
) -> Iterator[DetailsReply]:
    """Yield the details of each open incident that the root message lists.

    ``updates`` are all updates that the root message covers.
    """
    about = notification.about
    if not isinstance(about, Incidents):
        return
    evidence = {update.cause: update.evidence for update in updates if update.evidence}
    for state in by_urgency(about.states)[:SHOWN_INCIDENTS]:
        if state.status is IncidentStatus.OPEN and state.rule != NOT_EVALUATED:
            facts = _facts(state, evidence.get(state.cause, ()), alone=len(about.states) == 1)
            if message := _details(state, list(facts), notification.target):
                yield DetailsReply(cause=state.cause, message=message)


def _details(state: IncidentState, facts: list[Json], target: str) -> Message | None:
    """Return the message; ``None``: the root message leaves nothing out."""
    steps = [without_names(step, state) for step in state.steps[:MAX_STEPS]]
    blocks: list[Json] = [rich(*facts)] if facts else []
    is_admin_access = state.rule == ADMIN_ACCESS_RULE
    label = "Break-glass steps" if is_admin_access else "Remediation"
    if steps:
        blocks.append(
            rich(
                section(run(label, style="bold")),
                numbered(steps, MAX_DETAILED_STEP_LENGTH),
            )
        )
    if not blocks:
        return None
    id_ = state.cause[:SHORT_ID]
    # With the target: targets of one org can share the id of an incident.
    command = f"auditor findings {id_} -t {target}"
    blocks.append(context(f"Incident {id_} · {command} shows all details"))
    text = f"Details, {target}: {state.title}."
    if steps:
        text += f" {label} in {count(len(steps), 'step')}."
    return Message(text=fallback(text), blocks=blocks)


def _facts(state: IncidentState, evidence: Iterable[Evidence], *, alone: bool) -> Iterator[Json]:
    if not alone:
        yield section(run(heading(state), style="bold"))
    shown = set(shown_lines(state)) if alone else set()
    # The reply stays as it is: it holds no text that the next full audit makes wrong.
    stated = () if state.is_counting else state.lines
    named = (without_names(line, state) for line in stated)
    for line in dict.fromkeys(each for each in named if each not in shown):
        yield section(*prose(line))
    if len(state.rules) > 1 or not alone:
        label = "Rule" if len(state.rules) == 1 else "Rules"
        yield section(run(label, style="bold"), run(f" {', '.join(state.rules)}"))
    for piece in evidence:
        yield section(
            run(without_names(piece.title, state), 120, style="bold"),
            run(": observed "),
            run(without_names(piece.observed, state), 120, style="code"),
            run(" · expected "),
            run(without_names(piece.expected, state), 120, style="code"),
        )
    change = state.change
    if change and change.actors:
        words = f" {format_time(change.actors[0].at)}. {_CONFIDENCE[change.confidence]}"
        yield section(run("Changed", style="bold"), run(words.rstrip()))
    elif change and change.unknown_reason:
        yield section(run("Actor unknown", style="bold"), run(f" {change.unknown_reason}", 300))
    # The root message then shows the time of the record, and not that of the audit.
    if state.opened_at and state.dated:
        yield section(
            run("First seen", style="bold"), run(f" {format_time(state.opened_at)} by an audit")
        )
