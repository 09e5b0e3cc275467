"""The rule username-not-login: the application username must be the Okta login."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    MAPPING_COLLECTIONS,
    MAPPINGS,
    Affected,
    Evidence,
    Family,
    Params,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Undecidable,
    Unknown,
    Violation,
    affected_users,
    expressions,
    mapping_remediation,
    okta,
    profile_mapping,
    rule,
    sent_email,
    shorten,
)

FORMATS = {"${source.login}": "Okta username", "${source.email}": "Email"}


class UsernameParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sources of the username that count as the login."""

    allowed: tuple[str, ...] = ("${source.login}", "user.login", "source.login")
    """Templates and expressions that count as the login. Other spellings of the same attribute are
    accepted with them."""


@rule(
    id="username-not-login",
    severity=Severity.MEDIUM,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    problem="The Unleash username is not the Okta login",
    evidence=(
        "The auditor reads the username template of the app and a userName mapping, which takes "
        "precedence. The rule is not evaluated when the template is missing from Okta's answer."
    ),
    remediation="Set the application username format to Okta username.",
    requires={APP, MAPPINGS},
    may_read=MAPPING_COLLECTIONS,
    counts_from={ASSIGNMENTS},
    params=UsernameParams,
)
def check(context: RuleContext, params: UsernameParams) -> Iterator[Result]:
    """The application username is the Okta login.

    Okta sends the application username as the SCIM userName. A SAML app can also assert it at
    sign-on; a wrong value then leads to a second account or a failed sign-on.
    """
    mappings = profile_mapping.to_app(context)
    for mapping in mappings:
        name = mapping.get("userName")
        if name and not _allows(params, name.expression):
            yield _in_mapping(context, mapping, name)
    by_template = [mapping for mapping in mappings if not mapping.get("userName")]
    template = context[APP].username_template
    # A mapping takes precedence, so the template has no effect for any user type.
    if mappings and not by_template:
        return
    if template is None:
        why = f"Okta's answer contains no username template for {context[APP].label}"
        yield Unknown(subject=context[APP].id, reason=Undecidable(why=why))
    elif not _allows(params, template):
        yield _in_template(context, template, by_template)


def _allows(params: UsernameParams, template: str | None) -> bool:
    """Whether a template is allowed, in this or another spelling of the same attribute."""
    name = expressions.read(template)
    allowed = [expressions.read(each) for each in params.allowed]
    return any(
        name.text == each.text or (name.attribute and name.attribute == each.attribute)
        for each in allowed
    )


def _in_mapping(
    context: RuleContext, mapping: profile_mapping.TypeMapping, name: okta.MappedAttribute
) -> Violation:
    paths = Steps(context.snapshot)
    consequence = (
        "SAML can assert it, so sign-on can fail."
        if _is_saml(context)
        else "Usernames in Unleash differ from the Okta logins."
    )
    return Violation(
        subject=mapping.type_id,
        severity=Severity.HIGH if _is_saml(context) else None,
        message=(
            f"Okta maps userName to {shorten(name.expression or '')} for {mapping.title}, not to "
            f"the login. {consequence}"
        ),
        evidence=(
            Evidence.of(
                MAPPINGS,
                f"mapping[{mapping.type_id}].userName.expression",
                f"Username mapping ({mapping.title})",
                observed=expressions.in_words(name.expression),
                expected=expressions.in_words("user.login"),
                expression=name.expression or "",
            ),
        ),
        affected=_affected(context, [mapping]),
        remediation=mapping_remediation(
            mapping,
            {"userName": "user.login"},
            f"{paths.mappings}. Edit Username, set the value to `user.login` and save.",
            paths.apply_updates,
            for_many=(
                "These {n} users have another username today: {list}. They change with the update."
            ),
        ),
    )


def _in_template(
    context: RuleContext, template: str, mappings: list[profile_mapping.TypeMapping]
) -> Violation:
    app, paths = context[APP], Steps(context.snapshot)
    consequence = (
        "SAML can assert it, so users can get a second account or fail to sign in."
        if _is_saml(context)
        else "Usernames in Unleash differ from the Okta logins."
    )
    name = FORMATS.get(template, "Custom")
    return Violation(
        subject=app.id,
        severity=Severity.HIGH if _is_saml(context) else None,
        message=(
            f"{app.label} takes the application username from {shorten(template) or 'nothing'}, "
            f"not from the login. {consequence}"
        ),
        evidence=(
            Evidence.of(
                APP,
                "app.userNameTemplate",
                "Application username format",
                observed=f"{name} ({template})" if template else "Empty",
                expected="Okta username (${source.login})",
            ),
        ),
        affected=_affected(context, mappings),
        remediation=Remediation(
            steps=(
                (
                    f'{paths.sign_on} > Settings > Edit. Set "Application username format" to Okta '
                    "username."
                ),
                (
                    'Set "Update application username on" to Create and update and save. Select '
                    "Update Now if Okta offers it."
                ),
            ),
            link=paths.link(Tab.SIGN_ON),
            for_many=(
                "These {n} users have another username today: {list}. They change with the update."
            ),
        ),
    )


def _is_saml(context: RuleContext) -> bool:
    return context[APP].sign_on_mode == "SAML_2_0"


def _affected(
    context: RuleContext, mappings: list[profile_mapping.TypeMapping]
) -> tuple[Affected, ...]:
    if context.lacks(ASSIGNMENTS):
        return ()
    users = {
        user.user_id: user
        for mapping in mappings
        for user in profile_mapping.assigned(context, mapping)
        if sent_email.differs(user.username, user)
    }
    return affected_users(
        users.values(), lambda user: f"the username is {user.username}; the login is {user.login}"
    )
