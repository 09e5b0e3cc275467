"""The rule unmanaged-user: SCIM must manage every account except recovery admins."""

import re
from collections.abc import Iterator

from auditor.rule import (
    ADMIN_COLLECTIONS,
    ASSIGNMENTS,
    SELF,
    USERS,
    Affected,
    Basis,
    Evidence,
    Exclusions,
    Family,
    Note,
    Params,
    Passed,
    Remediation,
    Result,
    RootCause,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Tristate,
    Undecidable,
    Unknown,
    UnleashPage,
    Violation,
    people,
    reason_text,
    rule,
    steps,
    unleash,
)


class UnmanagedParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accounts that may be outside SCIM."""

    allowed: frozenset[str] = frozenset()
    """Unleash user ids, or shell patterns for email and username. With `privacy = "ids"`, only
    ids match."""

    @property
    def identity_values(self) -> tuple[str, ...]:
        """All values but ids and ``admin``, the name of the default account."""
        return tuple(sorted(each for each in self.allowed if not re.fullmatch(r"\d+|admin", each)))


@rule(
    id="unmanaged-user",
    severity=Severity.LOW,
    family=Family.RECONCILIATION,
    guide="effect",
    problem="Unleash has accounts that SCIM does not manage",
    many={
        "": (
            "{n} Unleash accounts are not managed by SCIM. "
            "Okta does not remove them when the owners leave."
        )
    },
    evidence=(
        "The auditor lists the Unleash accounts without a SCIM id. Eligible recovery admins, "
        "service accounts, the auditor's own account and configured exceptions are left out. An "
        "admin is not evaluated while it is unknown whether the account is a recovery admin."
    ),
    remediation="Provision the user, replace the account, or allow it.",
    requires={ASSIGNMENTS, USERS},
    may_read=ADMIN_COLLECTIONS,
    params=UnmanagedParams,
)
def check(context: RuleContext, params: UnmanagedParams) -> Iterator[Result]:
    """SCIM manages every Unleash account except recovery admins.

    Okta does not remove an account that SCIM does not manage. The account stays when its owner
    leaves.
    """
    # An entry can be an id or a pattern. An id, used as a pattern, matches no email.
    allowed = Exclusions(ids=params.allowed, patterns=tuple(params.allowed))
    duplicate_of = {
        account.id: person
        for person in context.people.deviating
        if person.account
        for account in person.also
    }
    # Built once: there can be a violation for each user.
    paths = Steps(context.snapshot)
    for account, person in context.people.deviating_accounts():
        if account.is_scim_managed:
            continue
        if params.allowed and allowed.covers(
            str(account.id), names=(account.email, account.username)
        ):
            continue
        admin = context.admins.direct.get(account.id)
        if (admin and admin.eligible.state is Tristate.PROVEN) or context.leaves_out(account):
            continue
        if account.is_scim_managed is None:
            why = "it is unknown whether SCIM manages the account"
            reason = Undecidable(what=account.label, why=why)
            yield Unknown(subject=str(account.id), reason=reason)
        elif admin and admin.eligible.state is Tristate.UNKNOWN:
            found = "; ".join(map(reason_text, admin.eligible.reasons))
            why = f"it is unknown whether it is a recovery admin ({found})"
            reason = Undecidable(what=account.label, why=why)
            yield Unknown(subject=str(account.id), reason=reason)
        elif person is None and (missing := context.missing_reason(SELF, account.label)):
            # The auditor's own account is not a person's. If it is unknown, any account can be it.
            yield Unknown(subject=str(account.id), reason=missing)
        else:
            duplicated = duplicate_of.get(account.id)
            yield _violation(context, paths, account, person, duplicated)
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _violation(
    context: RuleContext,
    paths: Steps,
    account: unleash.User,
    person: people.Person | None,
    duplicate_of: people.Person | None,
) -> Violation:
    known_by = account.email or account.username or "no email"
    name = account.label
    # A user of unknown status can be assigned: nothing is deleted for one who may have access.
    is_assigned = person is not None and not person.okta.has_ended
    since = person.okta.changed_at if person else None
    dates = [each for each in (account.created_at, since) if each]
    if person and is_assigned:
        user = person.okta.label
        message = (
            f"SCIM does not manage the account {name}, although {user} is assigned in "
            f"Okta. The account stays when {user} leaves."
        )
        in_okta = f"{person.okta.login or user}, linked by {person.basis}"
    elif account.id in context.people.ambiguous:
        message = (
            f"SCIM does not manage the account {name}, and the link to its Okta user is "
            "ambiguous. The account stays when its owner leaves."
        )
        in_okta = "Ambiguous"
    else:
        message = (
            f"SCIM does not manage the account {name}, and no Okta assignment matches it. "
            "The account stays when its owner leaves."
        )
        in_okta = "None"
    return Violation(
        subject=str(account.id),
        message=message,
        evidence=(
            Evidence.of(
                USERS,
                "scimId",
                "SCIM id of the Unleash account",
                observed=f"None (user {account.id}, {known_by})",
                expected="A SCIM id, an entry in `allowed`, or no account",
            ),
            Evidence.of(
                ASSIGNMENTS,
                "externalId",
                "Okta assignment",
                observed=in_okta,
                expected="Linked by SCIM id",
            ),
        ),
        affected=(Affected(id=str(account.id), name=name, detail=known_by),),
        within_grace=not dates or context.at - max(dates) <= context.grace,
        root_cause=(
            # A user with two accounts is one problem: the second account is listed there.
            RootCause(rule="duplicate-identity", subject=duplicate_of.okta.user_id)
            if duplicate_of
            else None
        ),
        remediation=_remediation(context, paths, account, person if is_assigned else None),
    )


def _remediation(
    context: RuleContext, paths: Steps, account: unleash.User, person: people.Person | None
) -> Remediation:
    if person:
        return Remediation(
            steps=(f"{paths.assignments} > {person.okta.label}. Select Provision User.",),
            link=paths.link(Tab.ASSIGNMENTS),
            for_many="Select Provision User for these {n} users: {list}.",
        )
    if account.id in context.people.ambiguous:
        return Remediation(
            steps=(
                (
                    f"{paths.assignments}. Find the user who owns {account.label}, and correct the "
                    "email or username that several users or accounts share."
                ),
                "Then select Provision User for this user.",
            ),
            link=paths.link(Tab.ASSIGNMENTS),
            for_many="Find the owners of these {n} accounts: {list}.",
        )
    admin = ""
    if account.id in context.admins.ids:
        admin = " For an admin, check `admin-unreachable` first."
    return Remediation(
        steps=(
            "Choose one of the next steps.",
            (
                "A user who needs access: assign the user in Okta, with the Unleash email as the "
                "login."
            ),
            (
                "A script or integration: replace the account with a service account. "
                f"{steps.SERVICE_ACCOUNTS_PATH}."
            ),
            f"An account without a need: {steps.USERS_PATH} > {account.label} > Delete.{admin}",
            f"An accepted account: add {account.id} to `rules.unmanaged-user.allowed`.",
        ),
        link=paths.unleash_link(UnleashPage.USERS),
        for_many=(
            "Decide for each of these {n} accounts: assign, replace, delete or allow: {list}."
        ),
    )
