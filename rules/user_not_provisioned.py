"""Whoever is assigned arrives."""

from collections.abc import Iterator
from datetime import datetime

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
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    okta,
    rule,
)


@rule(
    id="user-not-provisioned",
    severity=Severity.HIGH,
    family=Family.RECONCILIATION,
    guide="effect",
    evidence=(
        "Each assignment that has been active for longer than the grace period against the "
        "accounts of Unleash, by SCIM id, mapped email, login and username. It cannot tell of a "
        "person whose account is ambiguous or whose standing is unheard of. Somebody whose push "
        "is queued for too long is a provisioning error instead."
    ),
    remediation="Push the person again, and look at the log for why it failed.",
    needs={ASSIGNMENTS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Everybody who is assigned in Okta has an account in Unleash.

    Somebody who was given access and has none asks for it elsewhere: in a shared account, or in
    one made by hand that no leaver's process will ever find.
    """
    for person in context.people.persons:
        assignment = person.okta
        if person.account:
            continue
        if assignment.state is okta.AssignmentStatus.UNKNOWN:
            status = f"{assignment.status}, of a person who is {assignment.user_status}"
            what = f"whether {assignment.label} is expected in Unleash"
            reason = Undecidable(what=what, why=f"the assignment is {status}")
            yield Unknown(subject=assignment.user_id, reason=reason)
        elif assignment.is_active and person.is_ambiguous:
            yield Unknown(subject=assignment.user_id, reason=Undecidable(why=person.puzzle))
        elif assignment.is_active:
            assigned_at = _assigned_at(assignment)
            if assigned_at is None or context.at - assigned_at > context.grace:
                yield _absent(context, assignment)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _assigned_at(assignment: okta.Assignment) -> datetime | None:
    return assignment.status_changed_at or assignment.created_at


def _absent(context: RuleContext, assignment: okta.Assignment) -> Violation:
    app, assigned_at = context.get(APP), _assigned_at(assignment)
    names = dict.fromkeys((assignment.email, assignment.login, assignment.username))
    known_as = ", ".join(name for name in names if name) or "no name"
    to_app = console_links.app_path(app, console_links.Tab.TO_APP)
    assignments = console_links.app_path(app, console_links.Tab.ASSIGNMENTS)
    return Violation(
        subject=assignment.user_id,
        message=(
            f"{assignment.label} is assigned to Unleash in Okta and has no account there: they "
            "cannot work, or get in by a way that nobody watches."
        ),
        evidence=(
            Evidence(
                collection=str(USERS),
                field="users",
                observed=f"no account of {known_as}",
                expected=f"an account: assigned, {assignment.status}",
            ),
        ),
        affected=(Affected(id=assignment.user_id, name=assignment.label, detail=known_as),),
        since=None if assignment.external_id else assigned_at,  # with an id they were there once
        within_grace=assigned_at is None,
        remediation=Remediation(
            steps=(
                f"{to_app}: Create Users is on, and Push New Users under Integration.",
                f"{assignments} > {assignment.label}: Provision User; or assign them anew.",
            ),
            link=console_links.app_page(context.target, app, console_links.Tab.ASSIGNMENTS),
        ),
    )
