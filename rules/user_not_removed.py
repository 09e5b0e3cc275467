"""The rule user-not-removed: users without an Okta assignment must have no Unleash account."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from auditor.rule import (
    ADMIN_COLLECTIONS,
    ASSIGNMENTS,
    LOG,
    USERS,
    Affected,
    AssignmentStatus,
    Basis,
    Evidence,
    Family,
    NoParams,
    Note,
    Passed,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    comparison,
    exclusions,
    leavers,
    moment,
    people,
    push_root_cause,
    removal_remediation,
    rule,
    system_log,
    unleash,
)

LEAVERS = (
    "{n} unassigned or deactivated users keep Unleash accounts. They can be used after the end of "
    "the assignment."
)


@rule(
    id="user-not-removed",
    severity=Severity.HIGH,
    family=Family.RECONCILIATION,
    guide="effect",
    problem="Unassigned or deactivated users keep Unleash access",
    problems={
        "admin": "Unassigned or deactivated admins keep Unleash access",
        "suspended": "Suspended users keep Unleash access",
    },
    many=dict.fromkeys(("unassigned", "deactivated", "admin"), LEAVERS),
    evidence=(
        "The auditor compares SCIM-managed accounts with the assignments of the app and of other "
        "apps that feed the same Unleash. A deletion that Okta has scheduled is pending until its "
        "date. The rule is not evaluated when both sides have SCIM ids and none matches. If only "
        "one account is ambiguous, only this account is not evaluated."
    ),
    remediation="Check Deactivate Users, retry the failed task, then decide about the account.",
    requires={ASSIGNMENTS, USERS},
    may_read=ADMIN_COLLECTIONS | {LOG},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Users without an Okta assignment have no Unleash account.

    An account that stays in Unleash can be used after the user has left. Personal access tokens of
    the account keep working.
    """
    if context.people.ids_disproved:
        why = (
            "both sides have SCIM ids, but none matches; the SCIM ids cannot link users to accounts"
        )
        yield Unknown(reason=Undecidable(why=why))
        return
    found = tuple(_leavers(context))
    removed = leavers.removals(context)
    due = [
        each
        for each in found
        if isinstance(each, leavers.Leaver)
        # A suspended user keeps the assignment, so Okta removes nothing.
        and each.kind != "suspended"
        and _is_over(context, each.since)
        and _is_over(context, each.removed_at(removed))
        and leavers.schedule_of(context, each) is None
    ]
    # If Okta's removal succeeded for every leaver, removed accounts can be listed by design.
    is_systematic = len(due) > 1 and all(each.removed_at(removed) for each in due)
    for each in found:
        if isinstance(each, Unknown):
            yield each
        elif is_systematic and each in due:
            why = "Okta's removal succeeded for every such user, but the accounts are still listed"
            reason = Undecidable(what=each.account.label, why=why)
            yield Unknown(subject=str(each.account.id), reason=reason)
        elif (schedule := leavers.schedule_of(context, each)) and schedule.due_at is None:
            why = "Okta has scheduled its deletion, and no source states the date"
            reason = Undecidable(what=each.account.label, why=why)
            yield Unknown(subject=str(each.account.id), reason=reason)
        elif _is_over(context, each.since):
            yield _violation(context, each, removed)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _is_over(context: RuleContext, since: datetime | None) -> bool:
    """Whether the grace period since a moment is over; without a date, it is."""
    return since is None or context.at - since > context.grace


def _leavers(context: RuleContext) -> Iterator["leavers.Leaver | Unknown"]:
    left_at = system_log.departures(context)
    for account, person in context.people.deviating_accounts():
        state = person.okta.state if person else AssignmentStatus.INACTIVE
        if state in {AssignmentStatus.ACTIVE, AssignmentStatus.ON_THE_WAY}:
            continue
        # Okta removes no account that SCIM does not manage; `unmanaged-user` reports it.
        if account.is_scim_managed is False or context.leaves_out(account):
            continue
        if why := _undecided(context, account, person):
            reason = Undecidable(what=account.label, why=why)
            yield Unknown(subject=str(account.id), reason=reason)
        else:
            yield leavers.Leaver(
                account=account, person=person, since=_since(account, person, left_at)
            )


def _undecided(context: RuleContext, account: unleash.User, person: people.Person | None) -> str:
    if account.id in context.people.ambiguous:
        return "several Okta users or several accounts match; the link is ambiguous"
    if account.is_scim_managed is None:
        return "it is unknown whether SCIM manages the account"
    if person and person.okta.state is AssignmentStatus.UNKNOWN:
        return (
            f"the assignment status {person.okta.status} (Okta user status "
            f"{person.okta.user_status}) does not show whether the account is expected"
        )
    if person is None and (others := exclusions.foreign_sources(context.snapshot)):
        names = ", ".join(others)
        return (
            f"another app can have provisioned it ({names}), and its assignments could not be read"
        )
    return ""


def _since(
    account: unleash.User, person: people.Person | None, left_at: Mapping[str, datetime]
) -> datetime | None:
    """Return when the access should have ended: the latest change of either status."""
    if person:
        return person.okta.suspended_at or person.okta.changed_at
    names = (comparison.normalize_login(each) for each in (account.email, account.username))
    since = next((left_at[name] for name in names if name and name in left_at), None)
    # Before the account was created, its user left another one.
    is_older = since and account.created_at and since < account.created_at
    return None if is_older else since


def _violation(
    context: RuleContext, leaver: "leavers.Leaver", removed: Mapping[str, datetime]
) -> Violation:
    account, is_admin = leaver.account, leaver.account.id in context.admins.ids
    pushed_at = leaver.removed_at(removed)
    is_awaited = leavers.schedule_of(context, leaver) or not _is_over(context, pushed_at)
    severity, kind = Severity.CRITICAL if is_admin else None, leaver.kind
    if kind == "suspended":
        seen, since = account.seen_at, leaver.since
        # A sign-in after the suspension shows that the access is still used.
        is_used = seen is not None and since is not None and seen > since
        severity = Severity.MEDIUM if is_admin or is_used else Severity.LOW
    # Okta's removal succeeded, so no text may name Deactivate Users as the cause.
    elif pushed_at:
        kind = "still-listed"
    return Violation(
        subject=str(account.id),
        # A part of the identity: if the suspended user leaves, this is a new finding with another
        # fix.
        attribute="suspended" if kind == "suspended" else "",
        kind="admin" if is_admin and kind != "suspended" else kind,
        severity=severity,
        message=_message(leaver, kind, pushed_at, is_admin=is_admin),
        evidence=(_evidence(leaver, kind),),
        affected=(
            Affected(
                id=str(account.id),
                name=account.label,
                detail="admin" if is_admin else leaver.okta_state,
            ),
        ),
        # A scheduled deletion, and an account that Okta removed just now, are pending.
        since=None if is_awaited else leaver.since,
        within_grace=bool(is_awaited) or leaver.since is None,
        root_cause=(
            push_root_cause(context, "deactivate-users")
            # The other kinds have a reason of their own: a suspension, an open task, a removal that
            # succeeded.
            if kind in {"unassigned", "deactivated"}
            else None
        ),
        remediation=removal_remediation.remediation(context, leaver, kind, is_admin=is_admin),
    )


def _message(
    leaver: "leavers.Leaver", kind: str, pushed_at: datetime | None, *, is_admin: bool
) -> str:
    user = leaver.name
    keeps = "The account and its personal access tokens keep working."
    if kind == "suspended":
        return (
            f"{user} is suspended in Okta and still assigned. The Unleash account and its personal "
            "access tokens keep working."
        )
    if kind == "still-listed" and pushed_at:
        return (
            f"Okta's push that removes {user} succeeded on {moment(pushed_at)}, but the Unleash "
            "account is still listed."
        )
    if kind == "revoked":
        return (
            f"The removal of {user} waits for an admin in Okta (Dashboard > Tasks). The Unleash "
            "account keeps working until then."
        )
    if is_admin:
        return (
            f"{user} has no active assignment in Okta ({leaver.okta_state}), but is still an admin "
            f"in Unleash. {keeps}"
        )
    if kind == "deactivated":
        return f"{user} is deactivated in Okta, but still has an Unleash account. {keeps}"
    return f"{user} has no assignment in Okta, but still has an Unleash account. {keeps}"


def _evidence(leaver: "leavers.Leaver", kind: str) -> Evidence:
    account, person = leaver.account, leaver.person
    where = f"user {account.id}, SCIM id {account.scim_id}"
    if kind == "suspended":
        expected = "A decision: unassign the user, or keep the account"
        observed = f"Suspended, still assigned ({where})"
        return Evidence.of(
            ASSIGNMENTS, "status", "Okta user status", observed=observed, expected=expected
        )
    if kind == "deactivated":
        observed, label = f"Deactivated ({where})", "Okta user status"
        return Evidence.of(
            ASSIGNMENTS, "status", label, observed=observed, expected="Active, or no account"
        )
    status = f"{str(person.okta.status).capitalize()} ({where})" if person else f"None ({where})"
    return Evidence.of(
        ASSIGNMENTS,
        "status",
        "Okta assignment of the Unleash account",
        observed=status,
        expected="An active assignment, or no account",
    )
