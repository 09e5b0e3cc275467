"""One user of Okta and Unleash on a terminal."""

from auditor.cli.output.page import SEVERITY_STYLES, TerminalPage, format_time
from auditor.domain.okta import Assignment
from auditor.domain.unleash import User
from auditor.engine.views.person_lookup import PersonRecord

_LABEL_WIDTH = 22
"""Columns; the longest label is "Application username"."""

_SCIM = {True: "SCIM-managed", False: "Not SCIM-managed", None: "SCIM status unknown"}


def print_person(page: TerminalPage, person: PersonRecord) -> None:
    """Write the user, the account, how they are linked, and the findings."""
    known = person.okta or person.account
    page.ends(
        [(known.label if known else "", "bold")], f"{person.target}, {format_time(person.at)}"
    )
    if person.okta:
        _print_assignment(page, person.okta, person.user_type)
    else:
        page.line("not assigned to the app", label=_label("Okta user"))
    if person.account:
        _print_account(page, "Unleash account", person.account)
        page.line(person.role or "unknown", label=_label("Root role"))
    elif not person.candidates:
        page.line("none", label=_label("Unleash account"))
    for candidate in person.candidates:
        _print_account(page, "Possible account", candidate)
    for further in person.also:
        _print_account(page, "Additional account", further)
    if person.tied_by:
        page.line(str(person.tied_by), label=_label("Linked by"))
    for membership in person.groups:
        role = f" (root role {membership.role})" if membership.role else ""
        page.line(f"{membership.group}{role}", label=_label("Groups"))
    _print_findings(page, person)
    page.gap()


def _print_assignment(page: TerminalPage, user: Assignment, user_type: str | None) -> None:
    since = f" since {format_time(user.status_changed_at)}" if user.status_changed_at else ""
    page.line(user.user_id, label=_label("Okta user"))
    page.line(user_type or "unknown", label=_label("User type"))
    page.line(f"{user.state}, {user.status or 'unknown'}{since}", label=_label("Assignment status"))
    page.line(user.user_status or "unknown", label=_label("Okta user status"))
    page.line(user.login or "unknown", label=_label("Login"))
    page.line(user.email or "none", label=_label("Mapped email"))
    page.line(user.username or "none", label=_label("Application username"))


def _print_account(page: TerminalPage, label: str, account: User) -> None:
    facts = (
        f"id {account.id}",
        account.email or "no email",
        f"username {account.username}" if account.username else "",
        _SCIM[account.is_scim_managed],
        f"last login {format_time(account.seen_at)}" if account.seen_at else "never signed in",
    )
    page.line(", ".join(filter(None, facts)), label=_label(label))


def _print_findings(page: TerminalPage, person: PersonRecord) -> None:
    if not person.findings:
        page.line("none", label=_label("Findings"))
    for finding in person.findings:
        style = f"bold {SEVERITY_STYLES[finding.severity]}"
        page.line((finding.rule, "bold"), label=(f"✗ {finding.severity:8}  ", style))
        page.line(finding.message, indent=2)
        for affected in finding.affected:
            if affected.detail:
                page.line(affected.detail, indent=2)
    if person.uncertain:
        page.line(", ".join(person.uncertain), label=("? Not evaluated  ", "bold magenta"))


def _label(word: str) -> tuple[str, str]:
    return f"{word:{_LABEL_WIDTH}}", "dim"
