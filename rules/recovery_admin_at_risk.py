"""The accounts that are meant to get somebody in have to be worth it."""

from collections.abc import Iterator
from datetime import timedelta

from auditor.rule import (
    USERS,
    Affected,
    Attested,
    Evidence,
    Family,
    NotApplicable,
    Note,
    Params,
    Positive,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Tristate,
    Undecidable,
    Unknown,
    Violation,
    admin_access,
    console_links,
    okta,
    rule,
    unleash,
)


class RiskParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a recovery account counts as untried."""

    stale_after: Positive = 90
    """Days since its last login."""


@rule(
    id="recovery-admin-at-risk",
    severity=Severity.HIGH,
    family=Family.ADMIN_REACHABLE,
    guide="Before you begin",
    evidence=(
        "The direct admins against everybody assigned in Okta. High: SCIM will adopt and demote "
        "an admin who is assigned. Medium: SCIM owns a direct admin already; a recovery account "
        "has not logged in for long and nobody attests that it was tried; the default account "
        "admin is still there. Low: there is exactly one proven way in. It cannot tell of an "
        "account while SCIM's hold on it, or the assignments, were not seen."
    ),
    remediation="Keep two admins with passwords outside SCIM and Okta, and try them every quarter.",
    needs={USERS},
    params=RiskParams,
)
def check(context: RuleContext, params: RiskParams) -> Iterator[Result]:
    """Nothing that is known threatens the accounts that get an admin in.

    A recovery account is needed on the worst day, and nobody looks at it on any other. What will
    cost it its role, or shows that nobody has tried it, is worth knowing before.
    """
    recovery = context.admins.recovery
    if not recovery.admins and context.admins.reachable.state is Tristate.DISPROVEN:
        yield NotApplicable(reason=Note(code="no-recovery-admin"))
    if recovery.listed.state is Tristate.UNKNOWN:
        yield from (Unknown(reason=each) for each in recovery.listed.reasons)
    for admin in recovery.admins:
        if admin.account.is_scim_managed:
            yield _scim_managed(context, admin)
            continue
        if admin.owner and admin.owner.state is not okta.AssignmentStatus.INACTIVE:
            yield _adopted(context, admin, admin.owner)
        if (admin.account.username or "").casefold() == "admin":
            yield _default_admin(context, admin)
        if admin.eligible.state is Tristate.UNKNOWN:
            subject = str(admin.account.id)
            yield from (Unknown(subject=subject, reason=each) for each in admin.eligible.reasons)
    if recovery.password_login.state is not Tristate.DISPROVEN:
        for admin in recovery.eligible:
            yield from _tried(context, admin, timedelta(days=params.stale_after))
    yield from _single(context)


def _scim_managed(context: RuleContext, admin: admin_access.DirectAdmin) -> Violation:
    name = admin.account.label
    return _risk(
        context,
        admin.account,
        kind="scim-managed",
        message=(
            f"{name} is an admin by a role given by hand, and SCIM manages the account: the next "
            "sync takes the role away."
        ),
        seen=f"{name}: Admin, managed by SCIM",
        wanted="admins through a pushed group, or accounts outside SCIM",
        step=f"Unleash: Admin > Groups: give the role to a pushed group that {name} is in.",
    )


def _adopted(
    context: RuleContext, admin: admin_access.DirectAdmin, owner: okta.Assignment
) -> Violation:
    name = admin.account.label
    return _risk(
        context,
        admin.account,
        kind="adopted",
        message=(
            f"The admin {name} carries the email or username of {owner.label}, who is assigned in "
            "Okta: SCIM will adopt the account and make it a Viewer."
        ),
        seen=f"{admin.account.email or admin.account.username}, assigned to {owner.label}",
        wanted="an address that Okta does not know",
        step=f"Unleash: Admin > Users > {name}: give it an email address outside Okta.",
    )


def _default_admin(context: RuleContext, admin: admin_access.DirectAdmin) -> Violation:
    return _risk(
        context,
        admin.account,
        kind="default-admin",
        message=(
            "The account admin that Unleash makes for itself is still an admin: its default "
            "password is documented, and its name is the first that anybody tries."
        ),
        seen="an account named admin",
        wanted="no such account",
        step="Unleash: Admin > Users: make another recovery account, try it, then delete admin.",
    )


def _tried(
    context: RuleContext, admin: admin_access.DirectAdmin, stale_after: timedelta
) -> Iterator[Result]:
    account, tried = admin.account, admin.tried
    last = account.seen_at or account.created_at
    if last is None:
        why = "Unleash does not state when it was created or last seen"
        reason = Undecidable(what=account.label, why=why)
        yield Unknown(subject=str(account.id), reason=reason)
    elif context.at - last < stale_after:
        return
    elif tried:
        yield Attested(subject=str(account.id), by=tried.by, until=str(tried.expires))
    else:
        yield _risk(
            context,
            account,
            kind="stale",
            message=(
                f"The recovery account {account.label} has not logged in for "
                f"{(context.at - last).days} days: nobody knows whether it still works."
            ),
            seen=f"{'last login' if account.seen_at else 'made, never logged in:'} {last.date()}",
            wanted=f"a login within {stale_after.days} days",
            step=(
                f"Sign in as {account.label} with its password; or attest that somebody did: rule "
                f'"recovery-admin-at-risk", subject "{account.id}".'
            ),
        )


def _single(context: RuleContext) -> Iterator[Result]:
    recovery, groups = context.admins.recovery, context.admins.proven_groups
    ways_in = recovery.certain + len(groups)
    claims = (recovery.reachable, context.admins.by_group)
    unknown = [
        each for claim in claims if claim.state is Tristate.UNKNOWN for each in claim.reasons
    ]
    if ways_in <= 1 and unknown:
        for reason in unknown:
            yield Unknown(reason=reason)
    elif ways_in == 1:
        yield _only_one(context, recovery, groups)


def _only_one(
    context: RuleContext,
    recovery: admin_access.Recovery,
    groups: tuple[admin_access.AdminGroup, ...],
) -> Violation:
    subject: unleash.User | str = "instance"
    name = f"one of {len(recovery.eligible)} recovery accounts"
    if groups:
        subject, name = str(groups[0].group.id), f"the group {groups[0].group.name}"
    elif len(recovery.eligible) == 1:
        account = recovery.eligible[0].account
        subject, name = account, f"the account {account.label}"
    return _risk(
        context,
        subject,
        kind="single",
        message=f"Only one way in is proven for an admin: {name}. When it fails, nobody gets in.",
        seen=name,
        wanted="two ways in",
        step="Add a second recovery account, or push a group of admins.",
    )


_SEVERITY = {"adopted": Severity.HIGH, "single": Severity.LOW}


def _risk(
    context: RuleContext,
    subject: unleash.User | str,
    *,
    kind: str,
    message: str,
    seen: str,
    wanted: str,
    step: str,
) -> Violation:
    account = subject if isinstance(subject, unleash.User) else None
    link = console_links.unleash_page(context.target, console_links.UnleashPage.USERS)
    return Violation(
        subject=str(account.id) if account else str(subject),
        attribute=kind,
        severity=_SEVERITY.get(kind, Severity.MEDIUM),
        message=message,
        evidence=(
            Evidence(
                collection=str(USERS),
                field=f"admin[{account.id}]" if account else "admin",
                label="Admin",
                observed=seen,
                expected=wanted,
            ),
        ),
        affected=(Affected(id=str(account.id), name=account.label),) if account else (),
        remediation=Remediation(steps=(step,), link=link),
    )
