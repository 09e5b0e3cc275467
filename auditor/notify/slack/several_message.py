"""The root message of several incidents: a line each, the most severe first. Pure."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.engine.incidents.notification import Incidents, Notification, NotificationKind
from auditor.engine.views.target_report.report_changes import change_in_words
from auditor.notify.slack.blocks import (
    Json,
    Message,
    context,
    fallback,
    header,
    links,
    rich,
    run,
    section,
)
from auditor.notify.slack.interaction.action_blocks import shared_controls
from auditor.notify.slack.message_style import (
    ICONS,
    MAX_LINE_LENGTH,
    MessageStyle,
    ack_command,
    distinct_titles,
)
from auditor.rule.severity import Severity
from auditor.text import BEING_COUNTED, count

SHOWN_INCIDENTS = 5


def several_message(about: Incidents, notification: Notification, style: MessageStyle) -> Message:
    """Return several incidents in one message, a line each, the most severe first."""
    states = by_urgency(about.states)
    target = notification.target
    open_ = [state for state in states if state.status is IncidentStatus.OPEN]
    accepted = sum(state.status is IncidentStatus.WAIVED for state in states)
    if about.kind is NotificationKind.BASELINE:
        title = f"First audit of {target}: {count(len(states), 'problem')}"
        lead = "This is the state at the start, not a change."
    else:
        title = f"{count(len(states), 'incident')} on {target}"
        lead = ""
    icon = ICONS[open_[0].severity] if open_ else "🟢" if not accepted else "⏸"
    resolved = len(states) - len(open_) - accepted
    counts = [f"{len(open_)} of {len(states)} open"]
    counts += [f"{accepted} accepted"] if accepted else []
    counts += [f"{resolved} resolved"] if resolved else []
    lines = [
        section(run(f"{', '.join(counts)}.", style="bold"), *([run(f" {lead}")] if lead else []))
    ]
    if stated := _completeness(about):
        lines.append(section(run(stated)))
    titles = distinct_titles(states)
    shown = (_row(state, titles[state.cause]) for state in states[:SHOWN_INCIDENTS])
    rows = [rich(*lines), rich(*shown)]
    tail: list[Json] = []
    if len(states) > SHOWN_INCIDENTS:
        tail.append(section(run(f"and {len(states) - SHOWN_INCIDENTS:,} more")))
    # Each row names its own change. Here it would be that of all open incidents.
    changes = {state.change for state in open_}
    if len(changes) == 1 and (change := changes.pop()):
        tail += _change(change)
    if style.report and (linked := links([("Report", style.report)])):
        tail.append(section(*linked))
    blocks = [header(f"{icon} {title}"), *rows, *([rich(*tail)] if tail else [])]
    if open_ and style.interactive:
        blocks.append(shared_controls(open_))
    elif any(not state.acknowledgement for state in open_):
        ids = f"auditor findings --target {target}"
        blocks.append(context(f"Acknowledge one: {ack_command('ID', target)} · IDs: {ids}"))
    names = ", ".join(titles[state.cause] for state in states)
    plain = f"{title}. {stated} {', '.join(counts)}: {names}"
    return Message(text=fallback(plain), blocks=blocks)


def _completeness(about: Incidents) -> str:
    """Return whether the audit behind a message was complete; empty if that is not stated."""
    if about.rules is None or about.not_evaluated is None:
        return ""
    if about.not_evaluated:
        rules = count(about.rules, "rule")
        return f"Audit incomplete: {about.not_evaluated} of {rules} not evaluated."
    return f"Audit complete: all {about.rules} rules were evaluated."


def _change(change: Change) -> Iterator[Json]:
    yield section(run("Changed by ", style="bold"), run(change.changed_by, MAX_LINE_LENGTH))
    yield section(run(change_in_words(change, names_people=False), MAX_LINE_LENGTH, style="code"))


def by_urgency(states: Iterable[IncidentState]) -> list[IncidentState]:
    """Return incidents in the order of a message of several: open first, then the worst."""
    return sorted(states, key=_order)


def _order(state: IncidentState) -> tuple[int, int, int, str]:
    return (
        list(IncidentStatus).index(state.status),
        -state.severity.rank,
        -state.affected,
        state.rule,
    )


def _row(state: IncidentState, title: str) -> Json:
    is_open = state.status is IncidentStatus.OPEN
    was = "" if is_open else "was "
    accepted = state.status is IncidentStatus.WAIVED
    details = [] if is_open else ["accepted" if accepted else "resolved"]
    details += [] if state.rule == NOT_EVALUATED else [f"{was}{state.severity}"]
    if state.is_counting:
        details.append(f"affected users {BEING_COUNTED}")
    elif state.affected:
        details.append(count(state.affected, "user"))
    if state.change:
        details.append(f"{was}changed by {state.change.changed_by}")
    if state.owner:
        details.append(f"owner {state.owner.name}")
    if state.acknowledgement:
        details.append("acknowledged")
    return section(
        run(f"{_icon(state)} {title}", 120, style="bold"),
        run(f": {', '.join(details)}", 260),
    )


def _icon(state: IncidentState) -> str:
    match state.status:
        case IncidentStatus.RESOLVED:
            return "🟢"
        case IncidentStatus.WAIVED:
            return "⏸"
        case IncidentStatus.OPEN if state.acknowledgement:
            return "🔕"
        case IncidentStatus.OPEN if state.rule == NOT_EVALUATED:
            return "⚠️"
        case IncidentStatus.OPEN:
            return ICONS[Severity(state.severity)]
        case _:
            assert_never(state.status)
