"""The rule recovery-admin-at-risk: recovery admins must be tested and out of SCIM's reach."""

from collections.abc import Iterator
from datetime import timedelta

from auditor.rule import (
    ADMIN_COLLECTIONS,
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
    Steps,
    Tristate,
    Undecidable,
    Unknown,
    UnleashPage,
    Violation,
    admin_access,
    count,
    okta,
    rule,
    steps,
    unleash,
)


class RiskParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a recovery admin counts as untested."""

    stale_after: Positive = 90
    """Days without a login after which a recovery admin counts as untested."""


@rule(
    id="recovery-admin-at-risk",
    severity=Severity.HIGH,
    family=Family.ADMIN_REACHABLE,
    guide="Before you begin",
    problem="A recovery admin can lose its access",
    problems={
        "adopted": "A recovery admin is also assigned in Okta",
        "scim-managed": "A SCIM-managed user has a manual Admin role",
        "stale": "A recovery admin has not been tested",
        "default-admin": 'The default account "admin" is still an admin',
        "single": "Only one admin path is proven",
    },
    evidence=(
        "The auditor compares the direct admins in Unleash with the users assigned to the Okta "
        "app. It also reads last logins, the admin count and the login settings. An admin is not "
        "evaluated while its SCIM status or the Okta assignments are unavailable."
    ),
    remediation="Keep two recovery admins outside SCIM and Okta, and test them every quarter.",
    requires={USERS},
    may_read=ADMIN_COLLECTIONS,
    params=RiskParams,
)
def check(context: RuleContext, params: RiskParams) -> Iterator[Result]:
    """Recovery admins are tested and outside the reach of SCIM.

    A recovery admin is used only in an emergency, so faults stay unnoticed. A role that SCIM
    resets, or an unknown password, then blocks all admin access.
    """
    recovery = context.admins.recovery
    if not recovery.admins and context.admins.reachable.state is Tristate.DISPROVEN:
        yield NotApplicable(reason=Note(code="no-recovery-admin"))
    if recovery.listed.state is Tristate.UNKNOWN:
        yield from (Unknown(reason=each) for each in recovery.listed.reasons)
    for admin in recovery.admins:
        yield from _check_admin(context, admin)
    # Without password login, no sign-in could be tested.
    if recovery.password_login.state is not Tristate.DISPROVEN:
        for admin in recovery.eligible:
            yield from _tested(context, admin, timedelta(days=params.stale_after))
    yield from _single(context)


def _check_admin(context: RuleContext, admin: admin_access.DirectAdmin) -> Iterator[Result]:
    if admin.account.is_scim_managed:
        yield _scim_managed(context, admin.account)
        # Such an account is no recovery admin, so the other kinds do not concern it.
        return
    if admin.owner and admin.owner.is_live:
        yield _adopted(context, admin.account, admin.owner)
    if (admin.account.username or "").lower() == "admin":
        yield _default_admin(context, admin.account)
    if admin.eligible.state is Tristate.UNKNOWN:
        for reason in admin.eligible.reasons:
            yield Unknown(subject=str(admin.account.id), reason=reason)


def _scim_managed(context: RuleContext, account: unleash.User) -> Violation:
    paths = Steps(context.snapshot)
    return _risk(
        context,
        account,
        "scim-managed",
        message=(
            f"SCIM manages {account.label}, whose Admin role was assigned by hand. The next SCIM "
            "sync resets the role to Viewer."
        ),
        label="Admin role of a SCIM-managed user",
        observed=f"Assigned by hand to {account.email or account.label}",
        expected="Given by a pushed group, or held by an account outside SCIM",
        do=(
            f"{paths.push_groups}. Push a group that contains {account.label}.",
            f"{steps.GROUPS_PATH} > the pushed group. Set the root role to Admin.",
        ),
        for_many=(
            "Push one group that contains these {n} users: {list}. Set its root role to Admin in "
            "Unleash."
        ),
    )


def _adopted(context: RuleContext, account: unleash.User, owner: okta.Assignment) -> Violation:
    name = account.email or account.username or account.label
    return _risk(
        context,
        account,
        "adopted",
        message=(
            f"The admin {account.label} has the email or username of {owner.label}, who is "
            "assigned in Okta. SCIM can take over the account and reset its role to Viewer."
        ),
        label="Recovery admin and Okta assignment",
        observed=f"{name} is also the login or email of {owner.label}",
        expected="An email and username that no assigned user has",
        do=(
            (
                f"{steps.USERS_PATH} > {account.label} > Edit. Set an email address that does not "
                "exist in Okta."
            ),
            "If the username matches instead, create a new recovery admin and delete this account.",
            (
                f"If {owner.label} needs admin rights, give them through a pushed group with the "
                "Admin root role."
            ),
        ),
    )


def _default_admin(context: RuleContext, account: unleash.User) -> Violation:
    return _risk(
        context,
        account,
        "default-admin",
        message=(
            'The account "admin" that Unleash creates at its first start has the Admin role. Its '
            "default password is documented; whether it was changed is unknown."
        ),
        label="Default account",
        observed='The account "admin" exists with the Admin role',
        expected='No account "admin"',
        do=(
            f"{steps.USERS_PATH} > New user. Create another recovery admin and sign in with it.",
            f"{steps.USERS_PATH} > admin > Delete. Do not delete the last admin.",
        ),
    )


def _tested(
    context: RuleContext, admin: admin_access.DirectAdmin, stale_after: timedelta
) -> Iterator[Result]:
    account, tried = admin.account, admin.tried
    # seenAt is the last login. Until the first one, an account is as old as its creation.
    last = account.seen_at or account.created_at
    if last is None:
        why = "neither a last login nor a creation date is available"
        reason = Undecidable(what=account.label, why=why)
        yield Unknown(subject=str(account.id), reason=reason)
    elif context.at - last < stale_after:
        return
    elif tried:
        yield Attested(subject=str(account.id), by=tried.by, until=str(tried.expires))
    else:
        yield _stale(context, account, context.at - last, stale_after)


def _stale(
    context: RuleContext, account: unleash.User, age: timedelta, stale_after: timedelta
) -> Violation:
    days, last = count(age.days, "day"), account.seen_at or account.created_at
    seen = (
        f"last signed in {days} ago"
        if account.seen_at
        else f"was created {days} ago and has never signed in"
    )
    day = last.date().isoformat() if last else ""
    attest = f"rule `recovery-admin-at-risk`, subject {account.id}"
    return _risk(
        context,
        account,
        "stale",
        message=(f"The recovery admin {account.label} {seen}. It may not work when it is needed."),
        label="Last login of the recovery admin",
        observed=f"{day} ({days} ago)" if account.seen_at else f"Never; created {day}",
        expected=f"Within {stale_after.days} days, or an attested test",
        do=(
            f"Sign in to Unleash as {account.label} with its password.",
            f"Or attest a test: {attest}.",
        ),
        for_many=(
            "Sign in once with each of these {n} recovery admins, or attest the tests: {list}."
        ),
    )


def _single(context: RuleContext) -> Iterator[Result]:
    recovery, groups = context.admins.recovery, context.admins.proven_groups
    paths = recovery.certain + len(groups)
    claims = (recovery.reachable, context.admins.by_group)
    unknown = [
        each for claim in claims if claim.state is Tristate.UNKNOWN for each in claim.reasons
    ]
    # A path that is unknown can be the second one.
    if paths <= 1 and unknown:
        yield from (Unknown(reason=each) for each in unknown)
    elif paths == 1:
        subject: unleash.User | str = "instance"
        name = f"one of {len(recovery.eligible)} recovery admins"
        if groups:
            subject, name = str(groups[0].group.id), f"the group {groups[0].group.name}"
        elif len(recovery.eligible) == 1:
            subject = recovery.eligible[0].account
            name = f"the account {subject.label}"
        yield _risk(
            context,
            subject,
            "single",
            message=f"Only one admin path is proven: {name}. If it fails, no admin can sign in.",
            label="Proven admin paths",
            observed="1",
            expected="2 or more",
            do=("Add a second recovery admin, or push a group with the Admin root role.",),
        )


_SEVERITY = {"adopted": Severity.HIGH, "single": Severity.LOW}


def _risk(
    context: RuleContext,
    subject: unleash.User | str,
    kind: str,
    *,
    message: str,
    label: str,
    observed: str,
    expected: str,
    do: tuple[str, ...],
    for_many: str = "",
) -> Violation:
    account = subject if isinstance(subject, unleash.User) else None
    link = Steps(context.snapshot).unleash_link(UnleashPage.USERS)
    path = f"admin[{account.id}]" if account else "admin"
    return Violation(
        subject=str(account.id) if account else str(subject),
        # One account can have several of these problems, and each is a finding with its own id.
        attribute=kind,
        severity=_SEVERITY.get(kind, Severity.MEDIUM),
        message=message,
        evidence=(Evidence.of(USERS, path, label, observed=observed, expected=expected),),
        affected=(Affected(id=str(account.id), name=account.label),) if account else (),
        remediation=Remediation(steps=do, link=link, for_many=for_many),
    )
