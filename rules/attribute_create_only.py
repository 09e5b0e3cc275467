"""The rule attribute-create-only: the email mapping should apply on create and update."""

from collections.abc import Iterator

from auditor.rule import (
    MAPPING_COLLECTIONS,
    MAPPINGS,
    Evidence,
    Family,
    NoParams,
    Result,
    RuleContext,
    Severity,
    Steps,
    Undecidable,
    Unknown,
    Violation,
    mapping_remediation,
    profile_mapping,
    rule,
)


@rule(
    id="attribute-create-only",
    severity=Severity.LOW,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    problem="Email changes do not reach Unleash",
    evidence=(
        "The auditor reads on which events the email mapping applies, for each user type. The "
        'guide\'s screenshots show "Create", so this rule is off by default. A user type is not '
        "evaluated when Okta's answer has no push status."
    ),
    remediation="Apply the email mapping on create and update.",
    requires={MAPPINGS},
    may_read=MAPPING_COLLECTIONS,
    params=NoParams,
    enabled=False,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta updates the email of existing users.

    With a create-only mapping, the email is computed once. If a user's login changes, Unleash
    keeps the old email and the user cannot sign in to the same account.
    """
    for mapping in profile_mapping.to_app(context):
        email = mapping.get("email")
        # `attribute-missing` reports an email that is not mapped.
        if email is None or email.push_status == "PUSH":
            continue
        if email.push_status == "DONT_PUSH":
            yield _violation(context, mapping, email.expression)
            continue
        unknown = f", or an unknown one ({email.push_status})" if email.push_status else ""
        why = f"Okta's answer has no push status for email{unknown}"
        yield Unknown(subject=mapping.type_id, reason=Undecidable(what=mapping.title, why=why))


def _violation(
    context: RuleContext, mapping: profile_mapping.TypeMapping, expression: str | None
) -> Violation:
    steps = Steps(context.snapshot)
    return Violation(
        subject=mapping.type_id,
        message=(
            f"Okta sets the email only at creation for {mapping.title}. If a login changes, "
            "Unleash keeps the old email."
        ),
        evidence=(
            Evidence.of(
                MAPPINGS,
                f"mapping[{mapping.type_id}].email.pushStatus",
                f"Email mapping applies on ({mapping.title})",
                observed="Create only",
                expected="Create and update",
            ),
        ),
        remediation=mapping_remediation(
            mapping,
            {"email": expression},
            f'{steps.mappings}. Edit Email, set "Apply on" to Create and update and save.',
            steps.apply_updates,
            for_many="Repeat step 1 for these user types: {list}.",
        ),
    )
