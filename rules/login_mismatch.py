"""The rule login-mismatch: the Unleash email of every user must be the Okta login."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    PEOPLE_COLLECTIONS,
    SSO_COLLECTIONS,
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
    RootCause,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Undecidable,
    Unknown,
    Violation,
    comparison,
    okta,
    people,
    rule,
    sso,
    unleash,
)


@rule(
    id="login-mismatch",
    severity=Severity.HIGH,
    family=Family.RECONCILIATION,
    guide="effect",
    problem="Email in Unleash differs from the Okta login",
    many={
        "": (
            "{n} users have an Unleash email that differs from the Okta login. "
            "Their sign-on creates a second account or fails."
        )
    },
    evidence=(
        "The auditor compares the Okta login of each assigned, active user with the email of the "
        "linked Unleash account, ignoring case. Users with an ambiguous account or an unavailable "
        "login are not evaluated. While `email-not-login` is open, its users are listed there."
    ),
    remediation="Fix the mapping, then push the user with a real change.",
    requires={ASSIGNMENTS},
    may_read=PEOPLE_COLLECTIONS | SSO_COLLECTIONS | {APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every user's Unleash email is the Okta login.

    Unleash finds a user at sign-on by email only. An account under another email is not found:
    the user gets a second account or cannot sign in.
    """
    for person in context.people.deviating:
        user = person.okta
        # An outstanding push can still correct the email; a past user does not sign in.
        if user.is_past or user.state is AssignmentStatus.ON_THE_WAY:
            continue
        if why := _undecided(context, person):
            lacking = USERS.name if context.people.needs_id(person) else None
            reason = Undecidable(what=user.label, why=why, lacking=lacking)
            yield Unknown(subject=user.user_id, reason=reason)
        # "is not True": an account without an email is not found at sign-on either.
        elif person.account and comparison.is_same_login(person.account.email, user.login) is not (
            True
        ):
            yield from _mismatch(context, person, person.account)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _undecided(context: RuleContext, person: people.Person) -> str:
    user = person.okta
    if person.is_ambiguous:
        return person.puzzle
    if context.people.needs_id(person):
        return "without the user list, it is unknown which account SCIM manages"
    if person.account is None:
        return ""
    if user.login is None:
        return "the login is unknown"
    differs = not comparison.is_same_login(person.account.email, user.login)
    # If email and login agree, the status does not matter.
    if user.state is AssignmentStatus.UNKNOWN and differs:
        return "the assignment status is unknown"
    return ""


def _mismatch(
    context: RuleContext, person: people.Person, account: unleash.User
) -> Iterator[Violation]:
    user, email = person.okta, account.email or "no email"
    asserted = sso.asserted_identifier(context.snapshot, user)
    works = comparison.is_same_login(asserted.value, account.email) is True
    verb = "can assert" if asserted.is_inferred else "asserts"
    consequence = (
        f"SSO {verb} this email, so the sign-on can work today."
        if works
        else "The sign-on creates a second account or fails."
    )
    yield Violation(
        subject=user.user_id,
        severity=Severity.LOW if works else None,
        kind="sign-on-works" if works else "",
        message=(
            f"{user.label} signs in as {user.login}, but the Unleash account has the email "
            f"{email}. {consequence}"
        ),
        evidence=(
            Evidence.of(
                USERS,
                "email",
                "Email of the Unleash account",
                observed=f"{email} (user {account.id}, linked by {person.basis})",
                expected=user.login or "The login",
            ),
            Evidence.of(
                ASSIGNMENTS,
                "profile.email",
                "Email in the Okta assignment",
                observed=user.email or "None",
                expected=user.login or "The login",
            ),
        ),
        affected=(
            Affected(
                id=user.user_id,
                name=user.label,
                detail=f"Unleash has {email}; the login is {user.login}",
            ),
        ),
        # A push in progress explains a difference (SCIM is not real time).
        within_grace=True,
        root_cause=_root_cause(user, account),
        remediation=_remediation(context, user),
    )


def _root_cause(user: okta.Assignment, account: unleash.User) -> RootCause | None:
    """Name the email mapping, unless it sent the login and the account has an email of its own."""
    is_sent = comparison.is_same_login(user.email, user.login) is not True
    is_mapped = comparison.is_same_login(account.email, user.okta_email) is True
    if user.user_type_id is None or not (is_sent or is_mapped):
        return None
    return RootCause(rule="email-not-login", subject=user.user_type_id)


def _remediation(context: RuleContext, user: okta.Assignment) -> Remediation:
    steps = Steps(context.snapshot)
    if comparison.is_same_login(user.email, user.login):
        return Remediation(
            steps=(
                (
                    "Force a push with a real change. Force Sync does not push a profile that did "
                    "not change."
                ),
                (
                    f"Okta: Directory > People > {user.label} > Profile > Edit. Change the display "
                    "name, save, change it back and save again. Each save pushes the profile."
                ),
                "Check the push in Okta: Reports > System Log.",
            ),
            link=steps.link(Tab.ASSIGNMENTS),
            for_many=(
                "Force a push for each of these {n} users: {list}. A script can change and restore "
                "one mapped attribute through the Okta API."
            ),
        )
    return Remediation(
        steps=(
            "Fix the mapping first; see `email-not-login`.",
            f"{steps.to_app}. Check that Update User Attributes is enabled.",
            steps.apply_updates,
        ),
        link=steps.link(Tab.TO_APP),
        for_many=(
            'Fix the mapping once. "Apply updates now" then corrects these {n} users: {list}.'
        ),
    )
