"""Everybody comes through Okta."""

import re
from collections.abc import Iterator

from auditor.rule import (
    ASSIGNMENTS,
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
    Tristate,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    people,
    rule,
    unleash,
)


class UnmanagedParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may be outside SCIM."""

    allowed: frozenset[str] = frozenset()
    """Unleash user ids, or shell patterns over email and username where those are not hidden."""

    @property
    def identity_values(self) -> tuple[str, ...]:
        """All but ids, and ``admin``: what Unleash calls its own account is never hidden."""
        return tuple(sorted(each for each in self.allowed if not re.fullmatch(r"\d+|admin", each)))


@rule(
    id="unmanaged-user",
    severity=Severity.LOW,
    family=Family.RECONCILIATION,
    guide="effect",
    evidence=(
        "Each account that SCIM does not manage, recovery admins and what is excluded aside. It "
        "cannot tell of an admin while it cannot tell whether that is a recovery account."
    ),
    remediation="Assign the person in Okta, or delete the account; allow it if it is meant to be.",
    needs={ASSIGNMENTS, USERS},
    params=UnmanagedParams,
)
def check(context: RuleContext, params: UnmanagedParams) -> Iterator[Result]:
    """Every account in Unleash is managed by SCIM, recovery admins aside.

    An account outside SCIM outlives its owner's leaving: nothing tells Unleash that they left.
    It may belong to a guest, to a robot that should be a service account, or to nobody.
    """
    allowed = Exclusions(ids=params.allowed, patterns=tuple(params.allowed))
    duplicate_of = {
        account.id: person.okta.user_id
        for person in context.people.persons
        for account in person.also
    }
    for account, person in context.people.accounts():
        if account.is_scim_managed:
            continue
        if allowed.covers(str(account.id), names=(account.email, account.username)):
            continue
        admin = context.admins.direct.get(account.id)
        if (admin and admin.eligible.state is Tristate.PROVEN) or context.leaves_out(account):
            continue
        if account.is_scim_managed is None:
            reason = Undecidable(
                what=f"whether SCIM manages {account.label}", why="Unleash does not state it"
            )
            yield Unknown(subject=str(account.id), reason=reason)
        elif admin and admin.eligible.state is Tristate.UNKNOWN:
            for why in admin.eligible.reasons:
                yield Unknown(subject=str(account.id), reason=why)
        else:
            yield _unmanaged(context, account, person, duplicate_of.get(account.id))
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _unmanaged(
    context: RuleContext, account: unleash.User, person: people.Person | None, owner_id: str | None
) -> Violation:
    known_by = account.email or account.username or "neither email nor username"
    assigned_at = person.okta.status_changed_at if person else None
    dates = [each for each in (account.created_at, assigned_at) if each]
    in_okta = f"assigned in Okta, linked by {person.basis}" if person else "not assigned in Okta"
    return Violation(
        subject=str(account.id),
        message=(
            f"{account.label} has an account in Unleash that SCIM does not manage ({in_okta}): "
            "when they leave, it stays."
        ),
        evidence=(
            Evidence(
                collection=str(USERS),
                field="scimId",
                observed=f"none, for {known_by}",
                expected="a SCIM id, an entry in allowed, or no account",
            ),
        ),
        affected=(Affected(id=str(account.id), name=account.label, detail=known_by),),
        within_grace=not dates or context.at - max(dates) <= context.grace,
        root_cause=RootCause(rule="duplicate-identity", subject=owner_id) if owner_id else None,
        remediation=Remediation(
            steps=(
                f"Okta: assign {account.label} to the app, with {known_by} as the login.",
                f"Or Unleash: Admin > Users: delete {account.label}.",
                f"Or allow it: rules.unmanaged-user.allowed, {account.id}.",
            ),
            link=console_links.unleash_page(context.target, console_links.UnleashPage.USERS),
            api=f"DELETE /api/admin/user-admin/{account.id}",
        ),
    )
