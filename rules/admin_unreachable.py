"""Somebody has to be able to administer Unleash when Okta or SCIM goes wrong."""

from collections.abc import Iterator

from auditor.rule import (
    ACCESS,
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
    Tristate,
    Unknown,
    Violation,
    console_links,
    reason_text,
    rule,
)


@rule(
    id="admin-unreachable",
    severity=Severity.CRITICAL,
    family=Family.ADMIN_REACHABLE,
    guide="Before you begin",
    evidence=(
        "Two ways in, and one that is proven will do: a direct admin outside SCIM, whom nobody in "
        "Okta is, with password login on and a password; or a pushed group with the Admin root "
        "role, with an active member and single sign-on. Who has a password is only counted: "
        "where the count leaves it open, an attestation that the account was tried settles it. "
        "It cannot tell while neither way is proven and something about one was not seen."
    ),
    remediation="Keep an admin with a password outside SCIM and Okta, and try it.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Somebody can always get into Unleash as an admin.

    SCIM knows no roles: whoever it manages becomes a Viewer at the next sync, admins included.
    When the last admin has been adopted, or sign-on through Okta breaks, nobody can mend it
    from the inside. Tokens and service accounts reach the API only and are no way in.
    """
    users = context.get(USERS) or context.get(ACCESS)
    is_empty = users is not None and not users.users
    if is_empty:
        yield _no_user(context)
    reachable, vouched = context.admins.reachable, context.admins.recovery.attested
    if reachable.state is Tristate.DISPROVEN:
        cause = RootCause(rule="admin-unreachable", subject="no-users") if is_empty else None
        yield _no_way_in(context, cause)
    elif reachable.state is Tristate.UNKNOWN:
        for reason in (*reachable.reasons, *_hint(context)):
            yield Unknown(subject="instance" if users else None, reason=reason)
    elif vouched and not context.admins.proven_groups:
        for account_id, tried in vouched.items():
            yield Attested(subject=str(account_id), by=tried.by, until=str(tried.expires))
    else:
        for reason in reachable.reasons:
            note = reason if isinstance(reason, Note) else None
            yield Passed(basis=Basis.REPORTED, note=note)


def _hint(context: RuleContext) -> Iterator[Note]:
    missing = context.lacks(USERS)
    if missing and missing.why is MissingReason.FORBIDDEN:
        yield Note(code="possible-lock-out")
        return
    recovery = context.admins.recovery
    for admin in recovery.eligible if recovery.reachable.state is Tristate.UNKNOWN else ():
        attested = f'rule "recovery-admin-at-risk", subject "{admin.account.id}"'
        yield Note(code="attest-recovery-admin", about=f"{admin.account.label}: {attested}")
        return


def _no_user(context: RuleContext) -> Violation:
    return Violation(
        subject="no-users",
        message=(
            "Unleash has no user at all: at its next restart it creates the account admin with "
            "the documented default password, and whoever comes first is in."
        ),
        evidence=(
            Evidence(
                collection=str(USERS),
                field="admin",
                label="Users",
                observed="none",
                expected="an admin",
            ),
        ),
        remediation=_remedy(context),
    )


def _no_way_in(context: RuleContext, root_cause: RootCause | None) -> Violation:
    admins = context.admins
    by_api = f" Service accounts that are admins, by API only: {admins.machines}."
    return Violation(
        subject="instance",
        message=(
            "No admin of Unleash is out of Okta's reach, and no pushed group brings one in: the "
            f"next sync or a broken sign-on locks everybody out.{by_api if admins.machines else ''}"
        ),
        evidence=(
            Evidence(
                collection=str(USERS),
                field="admin",
                label="Admins",
                observed="; ".join(map(reason_text, admins.recovery.reachable.reasons)),
                expected=(
                    "an admin with a password, outside SCIM and not in Okta; password login on"
                ),
            ),
            Evidence(
                collection=str(GROUPS),
                field="group",
                label="Groups with the Admin root role",
                observed="; ".join(map(reason_text, admins.by_group.reasons)),
                expected="a pushed group of admins with an active member; single sign-on on",
            ),
        ),
        root_cause=root_cause,
        remediation=_remedy(context),
    )


def _remedy(context: RuleContext) -> Remediation:
    return Remediation(
        steps=(
            "Unleash: Admin > Users > New user: root role Admin, an email that Okta does not know.",
            "Open its invite link, set a password, keep it in a vault, and sign in with it once.",
            "Unleash: Admin > Single sign-on > Password: password login stays on.",
            "Or push a group from Okta and give it the root role Admin in Unleash: Admin > Groups.",
            "If nobody gets in any more, and you host it: UNLEASH_ALLOW_PASSWORD_LOGIN=true.",
        ),
        link=console_links.unleash_page(context.target, console_links.UnleashPage.USERS),
        api='POST /api/admin/user-admin {"email": "…", "rootRole": 1, "sendEmail": false}',
    )
