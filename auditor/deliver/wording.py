"""Numbers, times, states and changes as people read them. Pure."""

from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.rule.severity import Severity
from auditor.text import format_duration

MARKS = {
    Severity.CRITICAL: "🔴",
    Severity.HIGH: "🟠",
    Severity.MEDIUM: "🟡",
    Severity.LOW: "⚪",
}


def mark(card: IncidentState) -> str:
    """Return the sign of an incident; the words beside it say the same."""
    match card.standing:
        case IncidentStatus.OPEN:
            return MARKS[card.severity]
        case IncidentStatus.WAIVED:
            return "⏸"
        case IncidentStatus.RESOLVED:
            return "✅"


def name_of(rule: str) -> str:
    """Name what an incident is about."""
    return "blind spots" if rule == NOT_EVALUATED else rule


def promise_of(card: IncidentState) -> str:
    """Say what is broken: the rule's promise, or which rules cannot tell."""
    return card.title if card.rule == NOT_EVALUATED else f"What should hold: {card.title}"


def state_of(card: IncidentState) -> str:
    """Say where an incident stands: ``Critical, open.``, ``Resolved after 3 days.``."""
    match card.standing:
        case IncidentStatus.OPEN:
            return f"{card.severity.capitalize()}, open."
        case IncidentStatus.WAIVED:
            return f"{card.severity.capitalize()}, accepted."
        case IncidentStatus.RESOLVED:
            after = f" after {format_duration(card.until - card.since)}" if card.until else ""
            return f"Resolved{after}."
