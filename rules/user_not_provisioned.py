"""The rule user-not-provisioned: every assigned user must have an Unleash account."""

from collections.abc import Iterator
from datetime import datetime

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    PEOPLE_COLLECTIONS,
    USERS,
    Affected,
    AssignmentStatus,
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
    Steps,
    Tab,
    Undecidable,
    Unknown,
    Violation,
    moment,
    okta,
    people,
    push_root_cause,
    rule,
    steps,
)


@rule(
    id="user-not-provisioned",
    severity=Severity.HIGH,
    family=Family.RECONCILIATION,
    guide="effect",
    problem="Assigned users have no Unleash account",
    many={
        "": (
            "{n} assigned users have no Unleash account. "
            "The access that Okta granted does not exist in Unleash."
        )
    },
    evidence=(
        "The auditor compares assignments that are active beyond the grace period with the Unleash "
        "accounts, by SCIM id, email, login and username. Users with an ambiguous account or an "
        "unknown assignment status are not evaluated. A push that is still queued is reported "
        "under `provisioning-error`."
    ),
    remediation="Provision the user, or remove and restore the assignment.",
    requires={ASSIGNMENTS},
    may_read=PEOPLE_COLLECTIONS | {APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every assigned user has an Unleash account.

    The access that Okta granted does not exist in Unleash. Workarounds such as shared or manual
    accounts are outside Okta's control.
    """
    for person in context.people.deviating:
        user = person.okta
        if person.account:
            continue
        if why := _undecided(context, person):
            lacking = USERS.name if context.people.needs_id(person) else None
            reason = Undecidable(what=user.label, why=why, lacking=lacking)
            yield Unknown(subject=user.user_id, reason=reason)
        elif user.is_active:
            since = user.began_at
            if since is None or context.at - since > context.grace:
                yield _violation(context, user, since)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _undecided(context: RuleContext, person: people.Person) -> str:
    user = person.okta
    if user.state is AssignmentStatus.UNKNOWN:
        return (
            f"the assignment status {user.status} (Okta user status {user.user_status}) does not "
            "show whether an account is expected"
        )
    if not user.is_active:
        return ""
    if person.is_ambiguous:
        return person.puzzle
    if context.people.needs_id(person):
        return "without the user list, only the SCIM id could show whether the account exists"
    return ""


def _violation(context: RuleContext, user: okta.Assignment, since: datetime | None) -> Violation:
    names = dict.fromkeys((user.email, user.login, user.username))
    known_by = ", ".join(name for name in names if name) or "no name"
    if user.external_id:
        message = (
            f"{user.label} is assigned in Okta, but has no Unleash account. Okta has a SCIM id, so "
            "the account probably existed before."
        )
    else:
        dated = f"has been assigned in Okta since {moment(since)}" if since else "is assigned"
        message = (
            f"{user.label} {dated}, but has no Unleash account. Okta has no SCIM id for this user, "
            "who was probably never provisioned."
        )
    return Violation(
        subject=user.user_id,
        message=message,
        evidence=(
            Evidence.of(
                USERS,
                "users",
                f"Unleash account for {user.login or user.label}",
                observed="None",
                expected="One account",
            ),
            Evidence.of(
                ASSIGNMENTS,
                "externalId",
                "SCIM id in the Okta assignment",
                observed="Present" if user.external_id else "None",
                expected="Present",
            ),
        ),
        affected=(Affected(id=user.user_id, name=user.label, detail=known_by),),
        # With a SCIM id, the account existed before. The time of its removal is unknown.
        since=None if user.external_id else since,
        # Without a date, only a second audit shows that the grace period is over.
        within_grace=since is None,
        # With a SCIM id, Okta did create the account.
        root_cause=None if user.external_id else push_root_cause(context, "create-users"),
        remediation=_remediation(context, user),
    )


def _remediation(context: RuleContext, user: okta.Assignment) -> Remediation:
    paths = Steps(context.snapshot)
    if user.external_id:
        return Remediation(
            steps=(
                f"{steps.TASKS_PATH}. Check for a failed task of {user.label} and its reason.",
                (
                    "Remove the assignment and assign the user again. Okta then creates a new "
                    "account. If a group gives the assignment, do not remove the group from the "
                    "app: Okta then deactivates all its members in Unleash. Take this user out of "
                    "the group and put the user back."
                ),
            ),
            link=paths.link(Tab.ASSIGNMENTS),
            for_many=(
                "Remove and restore the assignments of these {n} users: {list}. Test with one "
                "user. For more than 20 users, find out first who deleted the accounts."
            ),
        )
    return Remediation(
        steps=(
            (
                f"{paths.to_app}. Check that Create Users is enabled, and Push New Users under "
                "Integration."
            ),
            (
                f"{paths.assignments} > {user.label}. Select Provision User. Force Sync does not "
                "create users."
            ),
        ),
        link=paths.link(Tab.ASSIGNMENTS),
        for_many="Select Provision User on the Assignments tab for these {n} users: {list}.",
    )
