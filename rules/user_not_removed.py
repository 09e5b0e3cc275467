"""Whoever leaves is gone."""

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
    exclusions,
    okta,
    people,
    rule,
    system_log,
    unleash,
)


@rule(
    id="user-not-removed",
    severity=Severity.HIGH,
    family=Family.RECONCILIATION,
    guide="effect",
    evidence=(
        "Each account that SCIM manages against the active assignments of the app, and of the "
        "other apps that feed the same Unleash. Critical for an admin. It cannot tell when the "
        "SCIM ids of the two sides never match, when an account is ambiguous, or when another "
        "org may have provisioned it."
    ),
    remediation="Delete the account in Unleash, and switch deactivation on.",
    needs={ASSIGNMENTS, USERS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Nobody keeps an account in Unleash whose assignment in Okta is gone.

    An account that outlives its owner's contract still opens with an old session, a personal
    access token or a password, and nobody looks at it any more.
    """
    if context.people.ids_disproved:
        yield Unknown(reason=Undecidable(why="the SCIM ids of Okta and Unleash never match"))
        return
    left_at = system_log.departures(context)
    for account, person in context.people.accounts():
        standing = person.okta.state if person else okta.AssignmentStatus.INACTIVE
        if standing in {okta.AssignmentStatus.ACTIVE, okta.AssignmentStatus.ON_THE_WAY}:
            continue
        if account.is_scim_managed is False or context.leaves_out(account):
            continue
        if reason := _undecided(context, account, person):
            yield Unknown(subject=str(account.id), reason=reason)
            continue
        since = _since(account, person, left_at)
        if since is None or context.at - since > context.grace:
            yield _left_behind(context, account, person, since)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _undecided(
    context: RuleContext, account: unleash.User, person: people.Person | None
) -> Undecidable | None:
    if account.id in context.people.ambiguous:
        what = f"whose account {account.label} is"
        return Undecidable(what=what, why="several people or several accounts match")
    if account.is_scim_managed is None:
        what = f"whether SCIM manages {account.label}"
        return Undecidable(what=what, why="Unleash does not state it")
    if person and person.okta.state is okta.AssignmentStatus.UNKNOWN:
        status = f"{person.okta.status}, of a person who is {person.okta.user_status}"
        what = f"whether {account.label} is expected in Unleash"
        return Undecidable(what=what, why=f"the assignment is {status}")
    if person is None and (others := exclusions.foreign_sources(context.snapshot)):
        why = f"{', '.join(others)} can provision it"
        return Undecidable(what=account.label, why=why)
    return None


def _since(
    account: unleash.User, person: people.Person | None, left_at: dict[str | None, datetime]
) -> datetime | None:
    if person:
        ended = person.okta.status in okta.ASSIGNMENT_INACTIVE
        return person.okta.status_changed_at if ended else None
    return left_at.get(people.normalize_login(account.email)) or left_at.get(
        people.normalize_login(account.username)
    )


def _left_behind(
    context: RuleContext,
    account: unleash.User,
    person: people.Person | None,
    since: datetime | None,
) -> Violation:
    is_admin = account.id in context.admins.ids
    app = context.get(APP)
    seen = "no assignment"
    if person:
        seen = f"assignment {person.okta.status}, person {person.okta.user_status}"
    return Violation(
        subject=str(account.id),
        severity=Severity.CRITICAL if is_admin else None,
        message=(
            f"{account.label} {'is an admin of' if is_admin else 'has an account in'} Unleash and "
            "is not assigned in Okta any more: the account outlives the right to it."
        ),
        evidence=(
            Evidence(
                collection=str(ASSIGNMENTS),
                field="status",
                observed=f"{seen} (user {account.id}, SCIM id {account.scim_id})",
                expected="an active assignment, or no account",
            ),
        ),
        affected=(
            Affected(id=str(account.id), name=account.label, detail="admin" if is_admin else seen),
        ),
        since=since,
        within_grace=since is None,
        remediation=Remediation(
            steps=(
                f"Unleash: Admin > Users: delete {account.label}.",
                (
                    f"{console_links.app_path(app, console_links.Tab.TO_APP)}: see that "
                    "Deactivate Users is on."
                ),
            ),
            link=console_links.unleash_page(context.target, console_links.UnleashPage.USERS),
            api=f"DELETE /api/admin/user-admin/{account.id}",
        ),
    )
