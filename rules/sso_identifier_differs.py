"""The rule sso-identifier-differs: SSO must assert the email that SCIM sends."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.rule import (
    ASSIGNMENTS,
    LOG,
    MAPPING_COLLECTIONS,
    MAPPINGS,
    SSO_COLLECTIONS,
    Basis,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Note,
    Passed,
    Remediation,
    Result,
    RootCause,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Undecidable,
    Unknown,
    Violation,
    affected_users,
    attestation_result,
    contradicting_attestation,
    count,
    expressions,
    okta,
    profile_mapping,
    rule,
    sent_email,
    shorten,
    sso,
)

RULE = "sso-identifier-differs"


@dataclass(frozen=True, slots=True)
class Pair:
    """What SSO asserts and what SCIM sends for the users of one user type."""

    mapping: profile_mapping.TypeMapping
    asserted: expressions.Read
    pushed: expressions.Read


@rule(
    id=RULE,
    severity=Severity.HIGH,
    family=Family.IDENTIFIER,
    guide="Okta 1, 5",
    problem="SSO and SCIM send different identifiers",
    evidence=(
        "For SAML, the auditor compares the subject and username template of the SSO app with the "
        "email mapping. For OIDC, it compares the primary email of each user with the email that "
        "SCIM sends; that OIDC asserts the primary email is inferred. The rule is not evaluated "
        "when two expressions cannot be compared or the SSO app cannot be read."
    ),
    remediation="Assert the login at sign-on and map email to user.login.",
    requires={MAPPINGS},
    may_read=MAPPING_COLLECTIONS | SSO_COLLECTIONS | {LOG},
    counts_from={ASSIGNMENTS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """SSO asserts the same email that SCIM sends.

    Unleash finds a user at sign-on by email only. If SSO asserts another value than SCIM sent, the
    sign-on creates a second account or fails.
    """
    app = sso.app(context)
    saml, oidc = sso.setting(context, "saml"), sso.setting(context, "oidc")
    # If the setting of Unleash is unknown, the sign-on mode of the app shows what users can use.
    by_saml = app.sign_on_mode == "SAML_2_0" and saml.is_on is not False
    by_oidc = oidc.is_on is True or (app.sign_on_mode == "OPENID_CONNECT" and oidc.is_on is None)
    if by_saml:
        yield from _compare(context, "saml", sso.asserted_by_saml)
    of_oidc = () if oidc.is_on is False else tuple(_compare(context, "oidc", sso.asserted_by_oidc))
    if by_oidc:
        yield from of_oidc
    # A difference counts only if OIDC is on. If there is none, it does not matter whether it is on.
    elif any(isinstance(each, Violation | Unknown) for each in of_oidc):
        undecidable = Undecidable(why="it is unknown whether OIDC is on in Unleash")
        yield Unknown(subject=app.id, reason=oidc.reason or undecidable)
    if saml.is_on is False and oidc.is_on is False:
        yield NotApplicable(reason=Note(code="no-sso"))
    elif not by_saml and not by_oidc:
        todo = (
            f"{app.label} does not sign users in. Set `sso_app_id` to the app that does, or attest "
            "that it asserts the login."
        )
        yield attestation_result(context, RULE, app.id, todo)


def _compare(context: RuleContext, way: sso.Way, asserted_by: sso.Asserted) -> Iterator[Result]:
    """Compare both identifiers. For OIDC the values of the users decide, not the expressions."""
    pairs = tuple(_pairs(context, asserted_by))
    differing, users = list[Pair](), list[okta.Assignment]()
    for pair in pairs:
        same = expressions.agree(pair.asserted, pair.pushed)
        if same is None:
            asserted = pair.asserted.text or "nothing"
            why = f"{asserted} and {pair.pushed.text} cannot be compared from their text"
            reason = Undecidable(what=pair.mapping.title, why=why)
            yield Unknown(subject=sso.app(context).id, reason=reason)
        elif not same:
            # Without the assignments, SAML is decided by the text; for OIDC, the whole rule is
            # unknown.
            is_unread = way == "saml" and context.lacks(ASSIGNMENTS)
            found = [] if is_unread else _users_with_two_values(context, pair)
            # What OIDC asserts is inferred, so a difference needs a user with two values.
            if found or way == "saml":
                differing.append(pair)
                users += found
    if differing:
        yield _violation(context, way, differing, users, _remediation(context, way, pairs))
    elif way == "oidc":
        yield Passed(basis=Basis.OBSERVED, note=Note(code="oidc-same-addresses"))


def _pairs(context: RuleContext, asserted_by: sso.Asserted) -> Iterator[Pair]:
    for mapping in profile_mapping.to_app(context):
        if email := mapping.get("email"):
            pushed = sso.pushed(context, mapping, email)
            yield Pair(mapping, asserted_by(context, mapping), pushed)


def _users_with_two_values(context: RuleContext, pair: Pair) -> list[okta.Assignment]:
    users = profile_mapping.assigned(context, pair.mapping)
    return [user for user in users if sso.has_two_values(user, pair.asserted)]


def _violation(
    context: RuleContext,
    way: sso.Way,
    differing: list[Pair],
    users: list[okta.Assignment],
    remediation: Remediation,
) -> Violation:
    app, first, root_cause = sso.app(context), differing[0], _root_cause(differing)
    asserted, sent = shorten(first.asserted.text or "nothing", 32), shorten(first.pushed.text, 32)
    numbers = (
        f"{count(len(users), 'user has', 'users have')} two different values and "
        f"{'gets' if len(users) == 1 else 'get'} a second account or cannot sign in."
    )
    listed = sum(len(_listed_there(context, pair)) for pair in differing) if root_cause else 0
    if listed:
        verb = "is" if listed == 1 else "are"
        numbers = (
            f"The cause is the email mapping: {count(listed, 'user')} {verb} listed under "
            "`email-not-login`."
        )
    if way == "oidc":
        # That OIDC asserts the primary email is inferred, so the text states what can happen.
        message = f"OIDC can assert the primary email, but SCIM sends {sent}. {numbers}"
    elif users or listed:
        message = f"SAML asserts {asserted}, but SCIM sends {sent}. {numbers}"
    else:
        message = (
            f"SAML asserts {asserted}, but SCIM sends {sent} for {first.mapping.title}. Sign-on "
            "creates a second account or fails when the two values differ."
        )
    evidence = (each for pair in differing for each in _evidence(context, way, pair))
    return Violation(
        subject=app.id,
        attribute=way,
        severity=Severity.MEDIUM if way == "oidc" else None,
        message=f"{message}{contradicting_attestation(context, RULE, app.id)}",
        evidence=tuple(dict.fromkeys(evidence)),
        affected=affected_users(users, lambda user: _detail(way, user, first)),
        root_cause=root_cause,
        remediation=remediation,
    )


def _root_cause(differing: list[Pair]) -> RootCause | None:
    """Return the email mapping, if SSO asserts the login and only SCIM sends another value."""
    if not all(_is_login(pair.asserted) for pair in differing):
        return None
    user_type = differing[0].mapping.type_id
    return RootCause(rule="email-not-login", subject=user_type, lists_users=False)


def _listed_there(context: RuleContext, pair: Pair) -> tuple[okta.Assignment, ...]:
    """Return the affected users of the email mapping; none while they are unknown."""
    email = pair.mapping.get("email")
    sent = sent_email.assess_sent_email(context, pair.mapping, email) if email else None
    return (sent.affected or ()) if sent else ()


def _detail(way: sso.Way, user: okta.Assignment, pair: Pair) -> str:
    values = {"login": user.login, "email": user.okta_email, "userName": user.username}
    asserted = user.okta_email if way == "oidc" else values.get(pair.asserted.attribute or "")
    return f"SSO asserts {asserted or 'an unknown value'}; SCIM sends {user.email}"


def _evidence(context: RuleContext, way: sso.Way, pair: Pair) -> Iterator[Evidence]:
    """Yield the values that are not the login, with the path under which a change is recorded."""
    if not _is_login(pair.pushed):
        yield Evidence.of(
            MAPPINGS,
            f"mapping[{pair.mapping.type_id}].email.expression",
            f"Email that SCIM sends ({pair.mapping.title})",
            observed=expressions.in_words(pair.pushed.text),
            expected=expressions.in_words("user.login"),
            expression=pair.pushed.text,
        )
    if not _is_login(pair.asserted):
        collection, path = sso.asserted_at(context, pair.mapping, way)
        yield Evidence.of(
            collection,
            path,
            f"Identifier that SSO asserts ({way.upper()})",
            observed=expressions.in_words(pair.asserted.text),
            expected="Login",
            expression=pair.asserted.text,
        )


def _remediation(context: RuleContext, way: sso.Way, pairs: tuple[Pair, ...]) -> Remediation:
    if way == "oidc":
        return Remediation(
            steps=(
                (
                    "Do not change primary emails for this: it changes mail delivery and every app "
                    "that maps user.email."
                ),
                (
                    "Use a custom authorization server whose `email` claim is `user.login`, or "
                    "sign on with SAML, or keep email mapped to user.email and waive "
                    "`email-not-login`."
                ),
                "Test the sign-in with one affected user before you change the others.",
            ),
            link=Steps(context.snapshot).link(Tab.SIGN_ON),
        )
    label = sso.app(context).label
    page = f"Okta: Applications > Applications > {label}"
    asserts_login = all(_is_login(pair.asserted) for pair in pairs)
    sign_on = (
        (
            'Turn off "Auto-create users" in Unleash until both sides match. Otherwise a sign-on '
            "in between creates second accounts."
        ),
        f'{page} > Sign On > Settings > Edit. Set "Application username format" to Okta username.',
        (
            f"If the SAML subject does not use the application username: {page} > General > SAML "
            "Settings > Edit. Set it to the application username."
        ),
    )
    mapping = ("Map email to user.login; see `email-not-login`.",)
    return Remediation(
        steps=(
            *(() if asserts_login else sign_on),
            *(() if all(_is_login(pair.pushed) for pair in pairs) else mapping),
        ),
        link=Steps(context.snapshot).link(Tab.TO_APP if asserts_login else Tab.SIGN_ON),
    )


def _is_login(read: expressions.Read) -> bool:
    return read.attribute == "login"
