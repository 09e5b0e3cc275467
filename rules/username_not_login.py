"""The application username is the login."""

from collections.abc import Iterator
from typing import Any

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    MAPPINGS,
    Affected,
    Collection,
    Evidence,
    Family,
    Params,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    affected_users,
    console_links,
    expressions,
    mapping_remediation,
    okta,
    profile_mapping,
    rule,
    sent_email,
)


class UsernameParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the username may come from."""

    allowed: tuple[str, ...] = ("${source.login}", "user.login", "source.login")
    """Templates and expressions; other spellings of the same attribute are allowed with them."""


@rule(
    id="username-not-login",
    severity=Severity.MEDIUM,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    evidence=(
        "The app's username template, and userName in the mappings, which wins. High for SAML, "
        "where the username is what the sign-on asserts. A template that is not told it cannot "
        "tell about."
    ),
    remediation="Set the application username format to Okta username.",
    needs={APP, MAPPINGS},
    params=UsernameParams,
)
def check(context: RuleContext, params: UsernameParams) -> Iterator[Result]:
    """The application username comes from the login.

    It is sent as the SCIM userName, and for SAML it is what the sign-on asserts: a different one
    makes a second account, or one that is never found again.
    """
    mappings = profile_mapping.to_app(context)
    for mapping in mappings:
        name = mapping.get("userName")
        if name and not _allows(params, name.expression):
            yield _by_mapping(context, mapping, name)
    by_template = [mapping for mapping in mappings if not mapping.get("userName")]
    template = context[APP].username_template
    if mappings and not by_template:
        return
    if template is None:
        reason = Undecidable(why="Okta does not state the app's username template")
        yield Unknown(subject=context[APP].id, reason=reason)
    elif not _allows(params, template):
        yield _by_template(context, template, by_template)


def _allows(params: UsernameParams, template: str | None) -> bool:
    """Tell whether a template is allowed, in this or another spelling of one attribute."""
    name = expressions.read(template)
    allowed = [expressions.read(each) for each in params.allowed]
    return any(
        name.text == each.text or (name.attribute and name.attribute == each.attribute)
        for each in allowed
    )


def _by_mapping(
    context: RuleContext, mapping: profile_mapping.TypeMapping, name: okta.MappedAttribute
) -> Violation:
    return Violation(
        subject=mapping.type_id,
        severity=_severity(context),
        message=(
            f"For {mapping.title} the username comes from {name.expression}, not from the login: "
            "people may get a second account in Unleash."
        ),
        evidence=(
            _evidence(
                MAPPINGS, f"mapping[{mapping.type_id}].userName.expression", str(name.expression)
            ),
        ),
        affected=_affected(context, [mapping]),
        remediation=mapping_remediation(
            mapping, "set Username to user.login", {"userName": "user.login"}
        ),
    )


def _by_template(
    context: RuleContext, template: str, mappings: list[profile_mapping.TypeMapping]
) -> Violation:
    app = context[APP]
    return Violation(
        subject=app.id,
        severity=_severity(context),
        message=(
            f"{app.label} takes the username from {template or 'nothing'}, not from the login: "
            "people may get a second account in Unleash."
        ),
        evidence=(_evidence(APP, "app.userNameTemplate", template or "empty"),),
        affected=_affected(context, mappings),
        remediation=Remediation(
            steps=(
                (
                    f"{console_links.app_path(app, console_links.Tab.SIGN_ON)}: username "
                    "format: Okta username."
                ),
                "Update it on create and update, then push the existing people again.",
            ),
            link=console_links.app_page(context.target, app, console_links.Tab.SIGN_ON),
        ),
    )


def _severity(context: RuleContext) -> Severity | None:
    return Severity.HIGH if context[APP].sign_on_mode == "SAML_2_0" else None


def _evidence(collection: Collection[Any], field: str, seen: str) -> Evidence:
    return Evidence(
        collection=str(collection), field=field, observed=seen, expected="${source.login}"
    )


def _affected(
    context: RuleContext, mappings: list[profile_mapping.TypeMapping]
) -> tuple[Affected, ...]:
    if context.lacks(ASSIGNMENTS):
        return ()
    people = {
        person.user_id: person
        for mapping in mappings
        for person in profile_mapping.assigned(context, mapping)
        if sent_email.differs(person.username, person)
    }
    return affected_users(
        people.values(), lambda each: f"the username is {each.username}, the login {each.login}"
    )
