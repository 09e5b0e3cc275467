"""The email that Okta sends has to be the login."""

from collections.abc import Iterator

from auditor.rule import (
    APP_SCHEMA,
    MAPPINGS,
    Basis,
    Evidence,
    Family,
    MissingDataReason,
    NoParams,
    NotApplicable,
    Note,
    Passed,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    affected_users,
    mapping_remediation,
    okta,
    profile_mapping,
    rule,
    sent_email,
)


@rule(
    id="email-not-login",
    severity=Severity.CRITICAL,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    evidence=(
        "The expression mapped to email, for each user type. One that cannot be decided by reading "
        "is judged by the emails computed since the mapping last changed; without such emails it "
        "cannot tell. High instead of critical while nobody's email differs."
    ),
    remediation="Map email to user.login, then push the existing people again.",
    needs={MAPPINGS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta sends everybody's login as their email.

    Unleash finds who signs in by email alone. If the email that SCIM pushed is not the one that
    the sign-on asserts, the person gets a second account with the default role, or none at all.
    A new SCIM app maps user.email: the untouched default is the breach.
    """
    mappings = profile_mapping.to_app(context)
    if not mappings:
        yield NotApplicable(reason=Note(code="no-user-type-mapped"))
    for mapping in mappings:
        email = mapping.get("email")
        if email is None and mapping.may_rename:
            what = f"{mapping.title}, the name of the attribute email"
            why = "it can be mapped by another name"
            reason = context.missing_reason(APP_SCHEMA, what) or Undecidable(what=what, why=why)
            yield Unknown(subject=mapping.type_id, reason=reason)
            continue
        if email is None:
            yield NotApplicable(reason=Note(code="email-not-mapped", about=mapping.title))
            continue
        sent = sent_email.assess_sent_email(context, mapping, email)
        what = f"{mapping.title}: {email.expression}"
        if sent.is_login is None:
            missing = sent.missing and MissingDataReason(
                collection=sent.missing.collection,
                missing=sent.missing.missing,
                what=f"{what}: {sent.reason}",
            )
            undecidable = Undecidable(what=what, why=sent.reason)
            yield Unknown(subject=mapping.type_id, reason=missing or undecidable)
        elif sent.is_login:
            note = Note(code="email-is-login", about=f"{what}: {sent.reason}")
            yield Passed(basis=Basis.OBSERVED if sent.observed else Basis.REPORTED, note=note)
        else:
            yield _breach(mapping, email, sent)


def _breach(
    mapping: profile_mapping.TypeMapping, email: okta.MappedAttribute, sent: sent_email.SentEmail
) -> Violation:
    people = sent.differing
    known = " Whom it hurts could not be seen." if people is None else ""
    if people == ():
        known = " It hurts nobody yet."
    return Violation(
        subject=mapping.type_id,
        message=(
            f"For {mapping.title} Okta sends {email.expression} as the email, not the login: "
            f"people whose two differ get a second account or cannot sign in to Unleash.{known}"
        ),
        severity=Severity.HIGH if people == () else None,
        evidence=(
            Evidence(
                collection=str(MAPPINGS),
                field=f"mapping[{mapping.type_id}].email.expression",
                label="Mapping of email",
                observed=f"{email.expression} ({sent.reason})",
                expected="user.login",
            ),
        ),
        affected=affected_users(
            people or (),
            lambda each: f"Okta sends {each.email or each.okta_email}, the login is {each.login}",
        ),
        remediation=mapping_remediation(
            mapping,
            "set Email to user.login",
            {"email": "user.login"},
            "Push the existing people again (Force Sync on the same tab): their emails were "
            "computed under the old mapping and stay until then.",
        ),
    )
