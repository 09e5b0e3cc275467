"""What Unleash knows people by is what they sign in with."""

import json
from collections.abc import Iterator

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    USERS,
    Affected,
    Basis,
    Evidence,
    Family,
    NoParams,
    Note,
    Passed,
    Remediation,
    Result,
    RootCause,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    okta,
    people,
    rule,
    unleash,
)


@rule(
    id="login-mismatch",
    severity=Severity.HIGH,
    family=Family.RECONCILIATION,
    guide="effect",
    evidence=(
        "Each assigned, active person's login in Okta against the email of their account in "
        "Unleash, case aside. It cannot tell of a person whose account is ambiguous or whose "
        "login was not seen. While the mapping itself is wrong, people are listed there."
    ),
    remediation="Push the person again, once the mapping sends the login.",
    needs={ASSIGNMENTS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Everybody's email in Unleash is their login in Okta.

    Unleash finds who signs in by email alone. Whoever is known there by another one gets a
    second, empty account or cannot sign in; an account under an address that is given to
    somebody else later is theirs.
    """
    for person in context.people.persons:
        standing, login = person.okta.state, person.okta.login
        if person.okta.is_past or standing is okta.AssignmentStatus.ON_THE_WAY:
            continue
        if person.is_ambiguous:
            yield Unknown(subject=person.okta.user_id, reason=Undecidable(why=person.puzzle))
        elif person.account is None or (login and not _differs(person.account, login)):
            continue
        elif login is None or standing is okta.AssignmentStatus.UNKNOWN:
            why = "Okta does not state the login or the status"
            reason = Undecidable(what=person.okta.label, why=why)
            yield Unknown(subject=person.okta.user_id, reason=reason)
        else:
            yield _mismatch(context, person, person.account, login)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _differs(account: unleash.User, login: str) -> bool:
    return people.normalize_login(account.email) != people.normalize_login(login)


def _mismatch(
    context: RuleContext, person: people.Person, account: unleash.User, login: str
) -> Violation:
    assignment, type_id = person.okta, person.okta.user_type_id
    seen = account.email or "no email"
    detail = f"Unleash has {seen}, the login is {login}"
    return Violation(
        subject=assignment.user_id,
        message=(
            f"{assignment.label} signs in as {login}, but Unleash knows {seen}: signing in leads "
            "to a second account, or nowhere."
        ),
        evidence=(
            Evidence(
                collection=str(USERS),
                field="email",
                label="Email in Unleash",
                observed=f"{seen} (user {account.id}, linked by {person.basis})",
                expected=login,
            ),
        ),
        affected=(Affected(id=assignment.user_id, name=assignment.label, detail=detail),),
        within_grace=True,
        root_cause=RootCause(rule="email-not-login", subject=type_id) if type_id else None,
        remediation=_push_again(context, assignment, login),
    )


def _push_again(context: RuleContext, assignment: okta.Assignment, login: str) -> Remediation:
    app, body = context.get(APP), json.dumps({"profile": {"email": login}})
    to_app = console_links.app_path(app, console_links.Tab.TO_APP)
    assignments = console_links.app_path(app, console_links.Tab.ASSIGNMENTS)
    return Remediation(
        steps=(
            f"{to_app}: email maps to the login; Update User Attributes is on.",
            f"{assignments} > {assignment.label}: set Email to {login} and save, which pushes it.",
        ),
        link=console_links.app_page(context.target, app, console_links.Tab.ASSIGNMENTS),
        api=f"POST /api/v1/apps/{context.target.app_id}/users/{assignment.user_id} {body}",
    )
