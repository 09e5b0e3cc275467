"""What the messages of one installation have in common, and texts that several messages use."""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from auditor.engine.causes.cause_title import RULES_WITH_OWN_TITLE
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState
from auditor.rule.severity import Severity

ICONS = {
    Severity.CRITICAL: "🔴",
    Severity.HIGH: "🟠",
    Severity.MEDIUM: "🟡",
    Severity.LOW: "⚪",
}

_ACRONYMS = {"scim": "SCIM", "sso": "SSO", "url": "URL"}
_ADDRESS = re.compile(r"[^\s<>(),;:\"“”]{1,64}@[\w.-]{1,255}")


class MessageStyle(Struct, frozen=True, kw_only=True):
    """Mentions, links, owners and due dates."""

    mentions: Mapping[Severity, tuple[str, ...]] = {}
    """Who is mentioned for a new incident: ``@here``, ids of user groups and users."""

    report: str | None = None
    """URL of the report that covers the notification."""

    deadlines: Deadlines | None = None
    """Owners and due dates of the target."""


def problem_title(rule: str) -> str:
    """Return the problem that a rule's id names: ``email-not-login`` is *Email not login*."""
    if rule == NOT_EVALUATED:
        return "Rules not evaluated"
    first, *rest = rule.split("-")
    words = (
        _ACRONYMS.get(first, first.capitalize()),
        *(_ACRONYMS.get(each, each) for each in rest),
    )
    return " ".join(words)


def title_of(state: IncidentState) -> str:
    """Return the problem of an incident: the title of its cause, or what the rule's id names."""
    return state.title if state.rule in RULES_WITH_OWN_TITLE else problem_title(state.rule)


def without_names(text: str, state: IncidentState) -> str:
    """Replace the names and addresses of affected users: names appear in the report only."""
    for name in sorted(_long_enough(state.people), key=len, reverse=True):
        text = text.replace(name, "(a user)")
    return _ADDRESS.sub("(an address)", text)


def _long_enough(names: Iterable[str]) -> Iterable[str]:
    """Leave out names so short that they occur in other words."""
    return (name for name in names if len(name) > 2)  # noqa: PLR2004
