"""Who signs in is who was provisioned."""

from collections.abc import Iterator

from auditor.rule import (
    ASSIGNMENTS,
    MAPPINGS,
    OIDC,
    Basis,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Passed,
    Remedy,
    Result,
    Severity,
    Unknown,
    Violation,
    World,
    console,
    contradicted,
    expression,
    hurt,
    mapped,
    okta,
    rule,
    sso,
    vouched,
)


@rule(
    id="sso-identifier-differs",
    severity=Severity.HIGH,
    family=Family.IDENTIFIER,
    guide="Okta 1, 5",
    evidence=(
        "For SAML the app's subject and username template against the email mapping; for OpenID "
        "Connect, which asserts the email, the people whose email in Okta is not their login. "
        "Expressions that cannot be compared it cannot tell about."
    ),
    remedy="Let the sign-on assert what the mapping sends: the login.",
    needs={MAPPINGS},
    params=NoParams,
)
def check(world: World, _: NoParams) -> Iterator[Result]:
    """What the single sign-on asserts of a person is the email that SCIM pushes.

    Unleash looks for the asserted email, without case, among its accounts. If SCIM has put
    another one there, the person gets a second account or stays outside.
    """
    app = sso.app(world)
    saml, oidc = sso.is_enabled(world, "saml"), sso.is_enabled(world, "oidc")
    by_saml = app.sign_on_mode == "SAML_2_0" and saml is not False
    by_oidc = oidc is True or (app.sign_on_mode == "OPENID_CONNECT" and oidc is None)
    if by_saml:
        yield from _compare(world, "saml", sso.asserted_by_saml)
    of_oidc = () if oidc is False else tuple(_compare(world, "oidc", sso.asserted_by_oidc))
    if by_oidc:
        yield from of_oidc
    elif any(isinstance(each, Violation | Unknown) for each in of_oidc):
        why = world.lacks(OIDC) or "it does not say"
        yield Unknown(subject=app.id, because=f"whether OpenID Connect is on: {why}")
    if saml is False and oidc is False:
        yield NotApplicable(because="nobody signs in to Unleash by SAML or OpenID Connect")
    elif not by_saml and not by_oidc:
        yield vouched(
            world,
            "sso-identifier-differs",
            app.id,
            f"Name as sso_app the app that signs people in to Unleash ({app.label} does not), or "
            "look at what that one asserts as the email: it must be the login.",
        )


def _compare(world: World, way: sso.Way, asserted_by: sso.Asserted) -> Iterator[Result]:
    """Compare what is asserted with what is pushed.

    OpenID Connect asserts the email of everybody, whatever is mapped: there the people decide.
    """
    app, differing, people = sso.app(world), list[str](), list[okta.Assignment]()
    for mapping, pushed in _pushed(world):
        asserted = asserted_by(world, mapping)
        words = _words(mapping, asserted, pushed)
        same = expression.agree(asserted, pushed)
        if same is None:
            yield Unknown(subject=app.id, because=f"{words}: cannot be compared")
        elif not same:
            unseen = way == "saml" and world.lacks(ASSIGNMENTS)
            torn = [] if unseen else _torn(world, mapping, asserted)
            if torn or way == "saml":
                differing.append(words)
                people += torn
    if differing:
        yield _breach(world, app, way, differing, people)
    elif way == "oidc":
        yield Passed(basis=Basis.OBSERVED, note="OpenID Connect: nobody's two addresses differ")


def _words(mapping: mapped.TypeMapping, asserted: expression.Read, pushed: expression.Read) -> str:
    return f"{mapping.title}: {asserted.text or 'nothing'} asserted, {pushed.text} pushed"


def _pushed(world: World) -> Iterator[tuple[mapped.TypeMapping, expression.Read]]:
    for mapping in mapped.to_app(world):
        if email := mapping.get("email"):
            yield mapping, sso.pushed(world, mapping, email)


def _torn(
    world: World, mapping: mapped.TypeMapping, asserted: expression.Read
) -> list[okta.Assignment]:
    """Return the people whose email as pushed is not the one that is asserted of them."""
    people = mapped.assigned(world, mapping)
    return [person for person in people if sso.is_torn(person, asserted)]


def _breach(
    world: World, app: okta.App, way: str, differing: list[str], people: list[okta.Assignment]
) -> Violation:
    words = "; ".join(differing)
    return Violation(
        subject=app.id,
        attribute=way,
        message=(
            f"{app.label} asserts another email at sign-on than Okta pushes ({words}): people get "
            f"a second account in Unleash or stay outside; {len(people)} are known to be hurt."
            f"{contradicted(world, 'sso-identifier-differs', app.id)}"
        ),
        evidence=(
            Evidence(
                collection=str(MAPPINGS),
                field=f"{way} subject and properties.email",
                seen=words,
                wanted="the login asserted, the login pushed",
            ),
        ),
        affected=hurt(
            people,
            lambda each: f"pushed {each.email}; in Okta {each.okta_email}, login {each.login}",
        ),
        remedy=Remedy(
            steps=(
                f"{console.app_path(app, console.Tab.SIGN_ON)}: let it assert the login.",
                "Map Email to user.login for every user type, then push the people again.",
            ),
            link=console.app_page(world.target, app, console.Tab.SIGN_ON),
        ),
    )
