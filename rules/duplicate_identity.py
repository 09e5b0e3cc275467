"""One person, one account."""

from collections.abc import Iterator

from auditor.rule import (
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
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    people,
    rule,
    unleash,
)


@rule(
    id="duplicate-identity",
    severity=Severity.MEDIUM,
    family=Family.RECONCILIATION,
    guide="effect",
    evidence=(
        "Accounts of Unleash beside a person's own that carry the same person's email, login or "
        "username and nobody else's. It cannot tell of a person whose own account is ambiguous."
    ),
    remediation="Move what the second account has to the first, then delete it.",
    needs={ASSIGNMENTS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Nobody has two accounts in Unleash.

    It is what a wrong email mapping leaves behind: SCIM made one account under the email, signing
    in made another one under the login. Rights and history are spread over both, and only one
    of them goes when the person goes.
    """
    for person in context.people.persons:
        if person.is_ambiguous:
            yield Unknown(subject=person.okta.user_id, reason=Undecidable(why=person.puzzle))
        elif person.account and person.also:
            yield _duplicate(context, person, (person.account, *person.also))
    yield Passed(basis=Basis.OBSERVED, note=Note(code="people-linked", about=context.people.ties))


def _duplicate(
    context: RuleContext, person: people.Person, accounts: tuple[unleash.User, ...]
) -> Violation:
    found = ", ".join(
        f"user {each.id} ({each.email or each.username or 'unnamed'})" for each in accounts
    )
    name = person.okta.label
    return Violation(
        subject=person.okta.user_id,
        message=(
            f"{name} has {len(accounts)} accounts in Unleash: which one signs in, and which one "
            "goes when they leave, is left to chance."
        ),
        evidence=(
            Evidence(
                collection=str(USERS),
                field="email",
                label="Accounts",
                observed=found,
                expected="one account",
            ),
        ),
        affected=(Affected(id=person.okta.user_id, name=name, detail=found),),
        remediation=Remediation(
            steps=(
                f"Unleash: Admin > Users: see what roles and groups {found} have.",
                f"Give user {accounts[0].id} what it lacks, then delete the rest.",
            ),
            link=console_links.unleash_page(context.target, console_links.UnleashPage.USERS),
            api="; ".join(f"DELETE /api/admin/user-admin/{each.id}" for each in accounts[1:]),
        ),
    )
