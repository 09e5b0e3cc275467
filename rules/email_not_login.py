"""The rule email-not-login: the email that Okta sends must be the login."""

from collections.abc import Iterator

from auditor.rule import (
    APP_SCHEMA,
    ASSIGNMENTS,
    LOG,
    MAPPING_COLLECTIONS,
    MAPPINGS,
    SSO_COLLECTIONS,
    Basis,
    Evidence,
    Family,
    MissingReason,
    NoParams,
    NotApplicable,
    Note,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Undecidable,
    Unknown,
    Violation,
    affected_users,
    count,
    mapping_remediation,
    okta,
    profile_mapping,
    rule,
    sent_email,
    shorten,
    sso,
    steps,
)

TOGETHER = "Change both together."


@rule(
    id="email-not-login",
    severity=Severity.CRITICAL,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    problem="Okta sends the wrong email to Unleash",
    evidence=(
        "The auditor reads the email mapping of each user type. If the expression cannot be "
        "decided from its text, it compares the emails computed since the mapping last changed "
        "with the logins. The rule is not evaluated when no such email distinguishes the two."
    ),
    remediation="Map email to user.login, then update the existing users.",
    requires={MAPPINGS},
    may_read=MAPPING_COLLECTIONS | SSO_COLLECTIONS | {LOG},
    counts_from={ASSIGNMENTS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta sends the login as the email.

    Unleash finds a user at sign-on by email only. If the email that SCIM sent differs from the
    login, the user gets a second account or cannot sign in.
    """
    mappings = profile_mapping.to_app(context)
    if not mappings:
        yield NotApplicable(reason=Note(code="no-user-type-mapped"))
    for mapping in mappings:
        yield _check_mapping(context, mapping)


def _check_mapping(context: RuleContext, mapping: profile_mapping.TypeMapping) -> Result:
    email = mapping.get("email")
    if email is None:
        # Only the app schema shows the app's own attribute names. Without it, an attribute that
        # seems absent can be mapped under another name.
        if mapping.may_rename:
            what = f"{mapping.title}: email may be mapped under another name"
            undecidable = Undecidable(what=what, why="the app schema could not be read")
            reason = context.missing_reason(APP_SCHEMA, what) or undecidable
            return Unknown(subject=mapping.type_id, reason=reason)
        return NotApplicable(reason=Note(code="email-not-mapped", about=mapping.title))
    sent = sent_email.assess_sent_email(context, mapping, email)
    if sent.is_login is None:
        undecidable = Undecidable(what=mapping.title, why=f"{sent.expression} is undecidable")
        return Unknown(subject=mapping.type_id, reason=sent.reason or undecidable)
    if sent.is_login:
        return Passed(basis=Basis.OBSERVED if sent.is_observed else Basis.REPORTED, note=sent.note)
    return _violation(context, mapping, email, sent)


def _violation(
    context: RuleContext,
    mapping: profile_mapping.TypeMapping,
    email: okta.MappedAttribute,
    sent: sent_email.SentEmail,
) -> Violation:
    agrees = sso.asserts_sent_email(context, mapping, sent) is True
    severity, consequence = _severity(context, sent, agrees)
    fact = (
        f"Okta maps email to {shorten(sent.expression)} instead of user.login for {mapping.title}."
    )
    return Violation(
        subject=mapping.type_id,
        severity=severity,
        message=f"{fact} {consequence}",
        evidence=(
            Evidence.of(
                MAPPINGS,
                f"mapping[{mapping.type_id}].email.expression",
                sent.label,
                observed=sent.observed,
                expected=sent.expected,
                # The computed emails show no expression.
                expression="" if sent.is_observed else sent.expression,
            ),
            *_applies_on(mapping, email, sent),
        ),
        affected=affected_users(
            sent.affected or (),
            lambda user: f"Okta sends {sent.email_of(user)}; the login is {user.login}",
        ),
        remediation=_remediation(context, mapping, email, agrees=agrees),
    )


def _applies_on(
    mapping: profile_mapping.TypeMapping,
    email: okta.MappedAttribute,
    sent: sent_email.SentEmail,
) -> Iterator[Evidence]:
    # The guide's screenshots show "Create". This is wrong only while existing users have a wrong
    # email.
    if email.push_status == "DONT_PUSH" and sent.affected:
        yield Evidence.of(
            MAPPINGS,
            f"mapping[{mapping.type_id}].email.pushStatus",
            f"Email mapping applies on ({mapping.title})",
            observed="Create only",
            expected="Create and update, while existing users have a wrong email",
        )


def _severity(
    context: RuleContext,
    sent: sent_email.SentEmail,
    agrees: bool,  # noqa: FBT001  (SSO asserts the sent email)
) -> tuple[Severity, str]:
    """Return the severity and the consequence."""
    if agrees and sso.is_enabled(context, "oidc"):
        # That OIDC asserts the primary email is inferred.
        return Severity.MEDIUM, f"SSO can assert the same value, so sign-on can work. {TOGETHER}"
    if agrees:
        return Severity.MEDIUM, f"SSO asserts the same value, so sign-on works today. {TOGETHER}"
    # Users who could not be read can be affected.
    if sent.affected is None:
        return Severity.CRITICAL, _without_count(context)
    if not sent.is_computed:
        text = "The affected users are unknown: no email was computed by this mapping yet."
        return Severity.HIGH, text
    if not sent.affected:
        return Severity.HIGH, "No assigned user is affected today."
    users = count(len(sent.affected), "user gets", "users get")
    return Severity.CRITICAL, f"{users} a second account or cannot sign in."


def _without_count(context: RuleContext) -> str:
    missing = context.lacks(ASSIGNMENTS)
    if missing and missing.why is MissingReason.LEFT_TO_FULL_AUDIT:
        return "The affected users are being counted."
    unread = "the assignments" if missing else "the System Log"
    return f"The affected users are unknown: {unread} could not be read."


def _remediation(
    context: RuleContext,
    mapping: profile_mapping.TypeMapping,
    email: okta.MappedAttribute,
    *,
    agrees: bool,
) -> Remediation:
    paths = Steps(context.snapshot)
    create_only = (
        'Set "Apply on" to Create and update. Otherwise existing users keep the wrong email.',
    )
    together = (
        (
            "SSO asserts the same value: change the asserted value and the mapping in one "
            "maintenance window. Sign-on fails between the two steps."
        ),
    )
    return mapping_remediation(
        mapping,
        {"email": "user.login"},
        *(together if agrees else ()),
        "Before any push, fix `duplicate-identity` for these users: an email exists once in "
        "Unleash, so these pushes can fail. Check that no login is the email of a recovery admin "
        "(`recovery-admin-at-risk`).",
        'Turn off "Auto-create users" of the sign-on in Unleash until the push is complete.',
        f"{paths.mappings}. Edit Email, set the value to `user.login` and save.",
        *(create_only if email.push_status == "DONT_PUSH" else ()),
        paths.apply_updates,
        steps.FORCE_SYNC,
        for_many=(
            "Repeat the steps for these user types: {list}. Apply the updates once, at the end."
        ),
    )
