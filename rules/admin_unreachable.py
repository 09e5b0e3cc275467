"""The rule admin-unreachable: an admin must be able to sign in to Unleash at any time."""

from collections.abc import Iterable, Iterator

from auditor.rule import (
    ADMIN_COLLECTIONS,
    GROUPS,
    USERS,
    Attested,
    Basis,
    Evidence,
    Family,
    MissingReason,
    NoParams,
    Note,
    Passed,
    Remediation,
    Result,
    RootCause,
    RuleContext,
    Severity,
    Steps,
    Tristate,
    Unknown,
    UnleashPage,
    Violation,
    count,
    reason_text,
    rule,
    steps,
)

RULE = "admin-unreachable"


@rule(
    id=RULE,
    severity=Severity.CRITICAL,
    family=Family.ADMIN_REACHABLE,
    guide="Before you begin",
    problem="No safe admin access to Unleash",
    problems={"no-users": "Unleash has no user accounts"},
    evidence=(
        "The auditor reads users, admin count, groups, group push, login settings and Okta "
        "assignments. One proven path is enough: a recovery admin with a password, or a pushed "
        "admin group with a member who can sign in. The rule is not evaluated while no path is "
        "proven and one path is undetermined. A group member counts only if the Unleash email "
        "equals, ignoring case, the identifier that SSO asserts for this user. Admin tokens and "
        "service accounts are reported, but are not a path. The SCIM admin-group guard of Unleash "
        "8.0.0 is not counted as evidence."
    ),
    remediation="Create a recovery admin with a password outside SCIM and Okta, and test it.",
    may_read=ADMIN_COLLECTIONS,
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """An admin can always sign in to Unleash.

    SCIM does not transfer roles: the next sync resets an Admin role that was assigned by hand. If
    single sign-on or SCIM then fails, no admin can sign in to fix it.
    """
    users = context.get(USERS)
    is_empty = users is not None and not users.users
    if is_empty:
        yield _no_users(context)
    admins, attested = context.admins, context.admins.recovery.attested
    if admins.reachable.state is Tristate.DISPROVEN:
        # Without a user there is no path either: one cause, so one incident.
        cause = RootCause(rule=RULE, subject="no-users") if is_empty else None
        yield _no_path(context, cause)
    elif admins.reachable.state is Tristate.UNKNOWN:
        # Without the user list, it is also unknown whether there is any user, so the whole rule is
        # unknown.
        subject = "instance" if users else None
        unproven = Note(code="no-admin-access-proven")
        for reason in (*admins.reachable.reasons, unproven, *_hints(context)):
            yield Unknown(subject=subject, reason=reason)
    # A proven group is a path without an attestation.
    elif attested and not admins.proven_groups:
        for account_id, tried in attested.items():
            yield Attested(subject=str(account_id), by=tried.by, until=str(tried.expires))
    else:
        for reason in admins.reachable.reasons:
            note = reason if isinstance(reason, Note) else None
            yield Passed(basis=Basis.REPORTED, note=note)


def _hints(context: RuleContext) -> Iterator[Note]:
    missing = context.lacks(USERS)
    # Only an admin's token reads the list. If it lost its rights, other admins can have too.
    if missing and missing.why in {MissingReason.FORBIDDEN, MissingReason.UNAUTHORIZED}:
        yield Note(code="possible-lock-out")
        return
    recovery = context.admins.recovery
    if recovery.reachable.state is Tristate.UNKNOWN and recovery.eligible:
        account = recovery.eligible[0].account
        about = f"{account.label}, subject {account.id}"
        yield Note(code="attest-recovery-admin", about=about)


def _no_users(context: RuleContext) -> Violation:
    return Violation(
        subject="no-users",
        message=(
            'Unleash lists no users. At its next start it creates the account "admin" with the '
            "documented default password."
        ),
        evidence=(
            Evidence.of(
                USERS,
                "admin",
                "Users in Unleash",
                observed="None",
                expected="At least one recovery admin",
            ),
        ),
        remediation=_remediation(
            context,
            'After a restart, change the password of the account "admin" at once, then create a '
            'recovery admin and delete "admin".',
        ),
    )


def _no_path(context: RuleContext, root_cause: RootCause | None) -> Violation:
    admins, by_api = context.admins, ""
    if admins.machines:
        accounts = count(
            admins.machines, "admin service account exists", "admin service accounts exist"
        )
        verb = "works" if admins.machines == 1 else "work"
        by_api = f" {accounts}, but {verb} through the API only."
    return Violation(
        subject="instance",
        message=(
            "Neither a recovery admin nor a pushed admin group can sign in to Unleash. The next "
            f"SCIM sync or an SSO failure can leave Unleash without an admin.{by_api}"
        ),
        evidence=(
            Evidence.of(
                USERS,
                "admin",
                "Recovery admins",
                observed=_sentence(map(reason_text, admins.recovery.reachable.reasons)),
                expected=(
                    "At least one direct admin with a password, outside SCIM and not assigned in "
                    "Okta; password login on"
                ),
            ),
            Evidence.of(
                GROUPS,
                "group",
                "Admin groups",
                observed=_sentence(map(reason_text, admins.by_group.reasons)),
                expected="A pushed group with the Admin root role and a member who can sign in",
            ),
        ),
        root_cause=root_cause,
        remediation=_remediation(context),
    )


def _sentence(clauses: Iterable[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}"


def _remediation(context: RuleContext, *extra: str) -> Remediation:
    return Remediation(
        steps=(
            *extra,
            "If any admin session still works, use it now and do not sign out.",
            (
                f"{steps.USERS_PATH} > New user. Select the root role Admin. Use an email address "
                "that does not exist in Okta."
            ),
            (
                "Set a password through the invite link and store it in a vault. Treat the invite "
                "link as a secret."
            ),
            f'{steps.PASSWORD_LOGIN_PATH}. Keep "Password based login" enabled.',
            (
                "Sign in once with this account. Record the test as an attestation for "
                "`recovery-admin-at-risk`."
            ),
            (
                "Alternative: push a group from Okta and set its root role to Admin in "
                f"{steps.GROUPS_PATH} > the group. Check that a member can sign in through SSO."
            ),
            (
                "If no admin can sign in and Unleash is self-hosted, start Unleash with "
                "`UNLEASH_ALLOW_PASSWORD_LOGIN=true`. This helps only if an admin account has a "
                "password. Hosted: contact Unleash."
            ),
        ),
        link=Steps(context.snapshot).unleash_link(UnleashPage.USERS),
        api=(
            "POST /api/admin/user-admin with the id of the root role named Admin. Read this id "
            "from the field `rootRoles` of the user list; do not assume 1."
        ),
    )
