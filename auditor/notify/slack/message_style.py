"""The settings of all messages of one installation, and texts that several messages use."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.incidents.incident import IncidentState
from auditor.rule.severity import Severity
from auditor.text import SHORT_ID

MAX_LINE_LENGTH = 200
"""Characters of a line of outside text."""

ICONS = {
    Severity.CRITICAL: "🔴",
    Severity.HIGH: "🟠",
    Severity.MEDIUM: "🟡",
    Severity.LOW: "⚪",
}

_ADDRESS = re.compile(r"[^\s<>(),;:\"“”]{1,64}@[\w.-]{1,255}")


class MessageStyle(Struct, frozen=True, kw_only=True):
    """Mentions, links, owners and due dates."""

    mentions: Mapping[Severity, tuple[str, ...]] = {}
    """Who is mentioned for a new incident: ``@here``, ids of user groups and users."""

    report: str | None = None
    """URL of the report that covers the notification."""

    interactive: bool = False
    """Whether messages have buttons."""

    deadlines: Deadlines | None = None
    """Owners and due dates of the target."""


def distinct_titles(states: Sequence[IncidentState]) -> dict[str, str]:
    """Return the title of each incident of a message by cause; equal titles get the short id."""
    used = Counter(state.title for state in states)
    return {
        state.cause: f"{state.title} ({state.cause[:SHORT_ID]})"
        if used[state.title] > 1
        else state.title
        for state in states
    }


def without_names(text: str, state: IncidentState) -> str:
    """Replace the names and addresses of affected users: names appear in the report only."""
    # The longest first, because a name can contain a shorter one.
    for name in sorted(_long_enough(state.people), key=len, reverse=True):
        text = text.replace(name, "(a user)")
    return _ADDRESS.sub("(an address)", text)


def _long_enough(names: Iterable[str]) -> Iterable[str]:
    """Return the names that are long enough not to occur in other words."""
    return (name for name in names if len(name) > 2)  # noqa: PLR2004


def ack_command(named: str, target: str) -> str:
    """Return the command that acknowledges an incident; ``named``: the id of its cause."""
    return f'auditor ack {named} --target {target} --until 7d --reason "…"'
