"""Numbers, times, states and changes as people read them. Pure."""

from auditor.judge.blindness import BLINDNESS
from auditor.judge.changes import Change, Confidence
from auditor.judge.spoken import Card, Standing
from auditor.rule.severity import Severity
from auditor.text import format_duration

MARKS = {
    Severity.CRITICAL: "🔴",
    Severity.HIGH: "🟠",
    Severity.MEDIUM: "🟡",
    Severity.LOW: "⚪",
}


def mark(card: Card) -> str:
    """Return the sign of an incident; the words beside it say the same."""
    match card.standing:
        case Standing.OPEN:
            return MARKS[card.severity]
        case Standing.WAIVED:
            return "⏸"
        case Standing.RESOLVED:
            return "✅"


def name_of(rule: str) -> str:
    """Name what an incident is about."""
    return "blind spots" if rule == BLINDNESS else rule


def promise_of(card: Card) -> str:
    """Say what is broken: the rule's promise, or which rules cannot tell."""
    return card.title if card.rule == BLINDNESS else f"What should hold: {card.title}"


def state_of(card: Card) -> str:
    """Say where an incident stands: ``Critical, open.``, ``Resolved after 3 days.``."""
    match card.standing:
        case Standing.OPEN:
            return f"{card.severity.capitalize()}, open."
        case Standing.WAIVED:
            return f"{card.severity.capitalize()}, accepted."
        case Standing.RESOLVED:
            after = f" after {format_duration(card.until - card.since)}" if card.until else ""
            return f"Resolved{after}."


def who(change: Change) -> str:
    """Say who made a change, and how sure that is."""
    names = " or ".join(suspect.name for suspect in change.suspects)
    match change.confidence:
        case Confidence.EXACT:
            return names
        case Confidence.LIKELY:
            return f"{names} (likely)"
        case Confidence.AMBIGUOUS:
            return f"one of {names}"
        case Confidence.UNKNOWN:
            return f"somebody unknown ({change.because})" if change.because else "somebody unknown"


def what(change: Change) -> str:
    """Say what a change did: ``mapping[oty1].email.expression: user.login → user.email``."""
    return f"{change.path}: {change.difference}"
