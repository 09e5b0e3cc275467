"""The rule duplicate-identity: every user must have one Unleash account."""

from collections.abc import Iterator

from auditor.rule import (
    ADMIN_COLLECTIONS,
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
    Steps,
    Undecidable,
    Unknown,
    UnleashPage,
    Violation,
    comparison,
    people,
    rule,
    unleash,
)


@rule(
    id="duplicate-identity",
    severity=Severity.MEDIUM,
    family=Family.RECONCILIATION,
    guide="effect",
    problem="A user has several Unleash accounts",
    many={
        "": (
            "{n} users have several Unleash accounts. "
            "Okta removes only the SCIM-managed accounts when these users leave."
        )
    },
    evidence=(
        "The auditor lists Unleash accounts that carry the email, login or username of one "
        "assigned user, in addition to the linked account. A user whose linked account is "
        "ambiguous is not evaluated."
    ),
    remediation="Fix the cause, then keep the SCIM-managed account only.",
    requires={ASSIGNMENTS},
    may_read=ADMIN_COLLECTIONS,
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every user has one Unleash account.

    Roles and tokens are split over the accounts. When the user leaves, Okta removes only the
    account that SCIM manages.
    """
    for person in context.people.deviating:
        if person.is_ambiguous:
            matches = len(person.candidates)
            why = f"{matches} Unleash accounts match; none can be identified as the linked account"
            reason = Undecidable(what=person.okta.label, why=why if matches > 1 else person.puzzle)
            yield Unknown(subject=person.okta.user_id, reason=reason)
        # Before the question of the id: two accounts are a duplicate, no matter which one SCIM
        # manages.
        elif person.account and person.also:
            yield _violation(context, person, (person.account, *person.also))
        elif context.people.needs_id(person):
            why = "without the user list, it is unknown which account SCIM manages"
            reason = Undecidable(what=person.okta.label, why=why, lacking=USERS.name)
            yield Unknown(subject=person.okta.user_id, reason=reason)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _violation(
    context: RuleContext, person: people.Person, accounts: tuple[unleash.User, ...]
) -> Violation:
    user, found = person.okta, ", ".join(map(_account, accounts))
    is_admin = any(each.id in context.admins.ids for each in accounts)
    admin = " For an admin, check `admin-unreachable` first." if is_admin else ""
    ids = ", ".join(f"user {each.id}" for each in accounts)
    return Violation(
        subject=user.user_id,
        message=(
            f"{user.label} has {len(accounts)} Unleash accounts: {ids}. Okta removes only the "
            f"SCIM-managed account when {user.label} leaves."
        ),
        evidence=(
            Evidence.of(
                USERS,
                "email",
                f"Unleash accounts of {user.label}",
                observed=found,
                expected="One account, SCIM-managed, with the login as its email",
            ),
        ),
        affected=(Affected(id=user.user_id, name=user.label, detail=found),),
        root_cause=_root_cause(person),
        remediation=Remediation(
            steps=(
                (
                    "Fix the cause first: `email-not-login`, `sso-identifier-differs` or "
                    "`sso-autocreate-with-scim`. Otherwise a new account appears."
                ),
                (
                    f"Unleash: Admin settings > Users. Compare the roles and groups of {ids}. Ask "
                    "which personal access tokens are in use: they stop with the account, and no "
                    "API lists them."
                ),
                (
                    "Keep the SCIM-managed account. Give missing rights through pushed groups or "
                    "project roles; SCIM resets a root role that is assigned by hand."
                ),
                (
                    "Unleash: Admin settings > Users. Delete the accounts that SCIM does not "
                    f"manage.{admin}"
                ),
                (
                    "If the kept account has another email than the login, force a push; see "
                    "`login-mismatch`."
                ),
            ),
            link=Steps(context.snapshot).unleash_link(UnleashPage.USERS),
            for_many=(
                "Compare the accounts of each of these {n} users and keep the SCIM-managed one: "
                "{list}."
            ),
        ),
    )


def _root_cause(person: people.Person) -> RootCause | None:
    """Return the email mapping, if the linked account has another email than the login."""
    user, account = person.okta, person.account
    if user.user_type_id is None or account is None:
        return None
    if comparison.is_same_login(account.email, user.login):
        return None
    return RootCause(rule="email-not-login", subject=user.user_type_id, lists_users=False)


def _account(account: unleash.User) -> str:
    name = account.email or account.username or "no email"
    managed = ", SCIM-managed" if account.is_scim_managed else ""
    return f"user {account.id} ({name}{managed})"
