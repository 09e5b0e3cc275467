"""The email follows a person who is renamed."""

from collections.abc import Iterator

from auditor.rule import (
    MAPPINGS,
    Evidence,
    Family,
    NoParams,
    Result,
    RuleContext,
    Severity,
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
    evidence="The push status of the email in each mapping; where it is not told it cannot tell.",
    remediation="Apply the email mapping on create and update.",
    needs={MAPPINGS},
    params=NoParams,
    enabled=False,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta sends the email on create and on update.

    Sent on create only, it keeps the value of that day: who is renamed signs in with a login that
    Unleash does not know. The guide's own pictures show create only, so this is off by default.
    """
    for mapping in profile_mapping.to_app(context):
        email = mapping.get("email")
        if email is None or email.push_status == "PUSH":
            continue
        if email.push_status != "DONT_PUSH":
            why = f"the push status is {email.push_status or 'not stated'}"
            reason = Undecidable(what=mapping.title, why=why)
            yield Unknown(subject=mapping.type_id, reason=reason)
            continue
        yield Violation(
            subject=mapping.type_id,
            message=(
                f"For {mapping.title} Okta sends the email on create only: it goes stale as soon "
                "as somebody's login changes."
            ),
            evidence=(
                Evidence(
                    collection=str(MAPPINGS),
                    field=f"mapping[{mapping.type_id}].email.pushStatus",
                    label="Apply on",
                    observed="DONT_PUSH",
                    expected="PUSH",
                ),
            ),
            remediation=mapping_remediation(
                mapping, "apply Email on create and update", {"email": email.expression}
            ),
        )
