"""The title of a cause, for readers. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.engine.findings.tracked_findings import FindingTransition
from auditor.rule.definition import Rule
from auditor.rule.results import Evidence
from auditor.rule.texts.message_text import shorten

MAX_TITLE_LENGTH = 60
"""Characters of a title: beside the id and the severity, it fits in one line of 80 characters."""

MAX_SHORT_TITLE_LENGTH = 32
"""Characters of a short title: in the one line of a target, which also has its name, its status and
its counts."""

_TITLES = {
    ("push-flag-off", "deactivate-users"): (
        "Deactivate Users is off: leavers keep their accounts",
        "Deactivate Users is off",
    ),
    ("push-flag-off", "create-users"): (
        "Create Users is off: new users get no account",
        "Create Users is off",
    ),
    ("push-flag-off", "update-attributes"): (
        "Update User Attributes is off: accounts go stale",
        "Update Attributes is off",
    ),
    ("push-flag-off", "push-groups"): (
        "Group push is off: group members go stale",
        "Group push is off",
    ),
    ("sso-identifier-differs", ""): (
        "SSO and SCIM send different identifiers",
        "SSO identifier",
    ),
    ("provisioning-off", ""): (
        "SCIM provisioning is off for the app",
        "SCIM provisioning is off",
    ),
    ("scim-credentials-rejected", ""): (
        "Unleash rejects Okta's SCIM credentials",
        "SCIM credentials",
    ),
    ("scim-disabled", ""): ("SCIM is off in Unleash", "SCIM is off"),
    ("admin-unreachable", ""): ("No safe admin access to Unleash", "No safe admin access"),
}
"""Rule, and subject where it matters, to title and short title."""

_GROUP_PUSH_TITLES = {
    "error": ("The push of {} fails", "Group push fails"),
    "inactive": ("The push of {} is inactive", "Group push is inactive"),
    "members": ("The members of {} differ in Unleash", "Group members differ"),
}
"""Kind of ``group-push-failing`` to title and short title."""

_ACRONYMS = {"scim": "SCIM", "sso": "SSO", "url": "URL"}


def problem_titles(rules: Iterable[Rule[Any]]) -> dict[str, str]:
    """Return the problem titles: by rule id, and by ``rule/kind`` for a rule with kinds.

    ``rule/kind/many`` is the message for several findings; see :func:`message_for_many`.
    """
    titles: dict[str, str] = {}
    for rule in rules:
        titles[rule.id] = rule.problem
        titles |= {f"{rule.id}/{kind}": title for kind, title in rule.problems.items()}
        titles |= {f"{rule.id}/{kind}/many": text for kind, text in rule.many.items()}
    return titles


def rules_with_kinds(titles: Mapping[str, str]) -> frozenset[str]:
    """Return the rules that have a problem title for a kind, an attribute or a subject."""
    return frozenset(key.partition("/")[0] for key in titles if key.count("/") == 1)


def message_for_many(findings: Iterable[tuple[str, str]], titles: Mapping[str, str]) -> str:
    """Return the message for several findings; empty unless one text fits all of them.

    ``findings`` are the rule and the kind of each.
    """
    listed = tuple(findings)
    texts = {titles.get(f"{rule}/{kind}/many", "") for rule, kind in listed}
    if len(listed) == 1 or len(texts) != 1:
        return ""
    return texts.pop().replace("{n}", f"{len(listed):,}")


def problem_title(
    rule: str,
    titles: Mapping[str, str],
    *,
    kind: str = "",
    subject: str = "",
    attribute: str = "",
) -> str:
    """Return the problem of a finding, by its kind, or else by its attribute or subject.

    A rule that is no longer there is named by its id: ``email-not-login`` is *Email not login*.
    """
    part = problem_kind(rule, titles, kind=kind, subject=subject, attribute=attribute)
    if title := titles.get(f"{rule}/{part}" if part else rule):
        return title
    first, *rest = rule.split("-")
    words = (_ACRONYMS.get(first, first.capitalize()), *(_ACRONYMS.get(w, w) for w in rest))
    return " ".join(words)


def problem_kind(
    rule: str, titles: Mapping[str, str], *, kind: str, subject: str, attribute: str
) -> str:
    """Return the kind of a finding that has a problem title of its own; empty: the rule's title.

    A rule can declare titles for its kinds, its attributes or its subjects.
    """
    parts = (kind, attribute, subject)
    return next((each for each in parts if each and titles.get(f"{rule}/{each}")), "")


def cause_title(
    cause_id: str, open_: Iterable[FindingTransition], titles: Mapping[str, str]
) -> tuple[str, str]:
    """Return the title and the short title of a cause.

    They are those of the finding that leads the cause while it is open, else of the worst open
    finding. ``open_`` holds the open findings of the cause, worst first; it must not be empty.
    ``titles`` are the :func:`problem_titles` of all rules.
    """
    findings = tuple(open_)
    lead = next((each for each in findings if each.after.id == cause_id), findings[0])
    evidence = lead.finding.evidence if lead.finding else ()
    return lead_title(
        lead.after.rule,
        lead.after.subject,
        attribute=lead.after.attribute,
        kind=lead.after.kind,
        names=(each.after.subject_name for each in findings if each.after.rule == lead.after.rule),
        evidence=evidence,
        findings=sum(each.after.rule == lead.after.rule for each in findings),
        titles=titles,
    )


def lead_title(
    rule: str,
    subject: str,
    *,
    attribute: str,
    kind: str,
    names: Iterable[str],
    evidence: Sequence[Evidence],
    findings: int,
    titles: Mapping[str, str],
) -> tuple[str, str]:
    """Return title and short title of a cause that a finding of ``rule`` leads.

    ``names`` are those of the subjects of the findings of ``rule``; a finding without one has "".
    ``evidence`` is that of the leading finding, empty if it is not stored.
    ``findings`` is the number of open findings of ``rule`` in the cause.
    """
    if rule == "email-not-login":
        expression = evidence[0].expression if evidence else ""
        title = f"Email is mapped from {expression or 'another attribute'}, not the login"
        return _cut(title, MAX_TITLE_LENGTH), "Email mapping"
    # A suspended user keeps the assignment and can return, so this is no leaver.
    if rule == "user-not-removed" and kind != "suspended":
        noun = (
            "leaver keeps an Unleash account" if findings == 1 else "leavers keep Unleash accounts"
        )
        return f"{findings:,} {noun}", "Leavers keep accounts"
    if rule == "group-push-failing":
        title, short = _GROUP_PUSH_TITLES.get(kind, _GROUP_PUSH_TITLES["error"])
        return _of_groups(title, sorted(set(names))), short
    known = _TITLES.get((rule, subject)) or _TITLES.get((rule, ""))
    problem = problem_title(rule, titles, kind=kind, subject=subject, attribute=attribute)
    title, short = known or (problem, problem)
    return _cut(title, MAX_TITLE_LENGTH), _cut(short, MAX_SHORT_TITLE_LENGTH)


def _of_groups(title: str, groups: Sequence[str]) -> str:
    """Put the name of the group, or the number of groups, into a title of a group push."""
    name = "".join(groups)
    if len(groups) != 1 or not name:
        return title.format(f"{len(groups):,} groups" if groups[1:] else "a group")
    room = MAX_TITLE_LENGTH - len(title.format('the group ""'))
    return title.format(f'the group "{shorten(name, room)}"')


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
