"""Numbers, times, states and changes as people read them. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from auditor.judge.blindness import BLINDNESS
from auditor.judge.changes import Change, Confidence
from auditor.judge.spoken import Card, Standing
from auditor.rule import Severity
from auditor.words import count

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


def how_long(span: timedelta) -> str:
    """Say a span in its greatest two units: ``3 days 4 hours``."""
    minutes = max(0, int(span.total_seconds() // 60))
    units = (("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60))
    said = [count(number, unit) for unit, number in units if number]
    return " ".join(said[:2]) or "less than a minute"


def enumerate_some(names: Sequence[str], total: int) -> str:
    """List names and count the rest: ``Ada, Ben and 4,312 more``."""
    rest = total - len(names)
    if not names:
        return ""
    if rest > 0:
        return f"{', '.join(names)} and {rest:,} more"
    return ", ".join(names[:-1]) + (f" and {names[-1]}" if len(names) > 1 else names[0])


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
            after = f" after {how_long(card.until - card.since)}" if card.until else ""
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
