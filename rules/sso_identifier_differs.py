"""Who signs in is who was provisioned."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.rule import (
    ASSIGNMENTS,
    MAPPINGS,
    OIDC,
    Basis,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Note,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    affected_users,
    attestation_result,
    console_links,
    contradicting_attestation,
    expressions,
    okta,
    profile_mapping,
    rule,
    sso,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """What is asserted and what is pushed of the people of one user type."""

    mapping: profile_mapping.TypeMapping
    asserted: expressions.Read
    pushed: expressions.Read

    def __str__(self) -> str:
        asserted = self.asserted.text or "nothing"
        return f"{self.mapping.title}: {asserted} asserted, {self.pushed.text} pushed"


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
    remediation="Let the sign-on assert what the mapping sends: the login.",
    needs={MAPPINGS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """What the single sign-on asserts of a person is the email that SCIM pushes.

    Unleash looks for the asserted email, without case, among its accounts. If SCIM has put
    another one there, the person gets a second account or stays outside.
    """
    app = sso.app(context)
    saml, oidc = sso.is_enabled(context, "saml"), sso.is_enabled(context, "oidc")
    by_saml = app.sign_on_mode == "SAML_2_0" and saml is not False
    by_oidc = oidc is True or (app.sign_on_mode == "OPENID_CONNECT" and oidc is None)
    if by_saml:
        yield from _compare(context, "saml", sso.asserted_by_saml)
    of_oidc = () if oidc is False else tuple(_compare(context, "oidc", sso.asserted_by_oidc))
    if by_oidc:
        yield from of_oidc
    elif any(isinstance(each, Violation | Unknown) for each in of_oidc):
        what = "whether OpenID Connect is on"
        undecidable = Undecidable(what=what, why=f"{OIDC} does not state it")
        reason = context.missing_reason(OIDC, what) or undecidable
        yield Unknown(subject=app.id, reason=reason)
    if saml is False and oidc is False:
        yield NotApplicable(reason=Note(code="no-sso"))
    elif not by_saml and not by_oidc:
        yield attestation_result(
            context,
            "sso-identifier-differs",
            app.id,
            f"Name as sso_app the app that signs people in to Unleash ({app.label} does not), or "
            "look at what that one asserts as the email: it must be the login.",
        )


def _compare(context: RuleContext, way: sso.Way, asserted_by: sso.Asserted) -> Iterator[Result]:
    """Compare what is asserted with what is pushed.

    OpenID Connect asserts the email of everybody, whatever is mapped: there the people decide.
    """
    pairs = tuple(_pairs(context, asserted_by))
    differing, people = list[Pair](), list[okta.Assignment]()
    for pair in pairs:
        same = expressions.agree(pair.asserted, pair.pushed)
        if same is None:
            reason = Undecidable(what=str(pair), why="the two values cannot be compared")
            yield Unknown(subject=sso.app(context).id, reason=reason)
        elif not same:
            unseen = way == "saml" and context.lacks(ASSIGNMENTS)
            torn = [] if unseen else _torn(context, pair)
            if torn or way == "saml":
                differing.append(pair)
                people += torn
    if differing:
        yield _breach(context, way, differing, people, _remedy(context, pairs))
    elif way == "oidc":
        yield Passed(basis=Basis.OBSERVED, note=Note(code="oidc-same-addresses"))


def _pairs(context: RuleContext, asserted_by: sso.Asserted) -> Iterator[Pair]:
    for mapping in profile_mapping.to_app(context):
        if email := mapping.get("email"):
            pushed = sso.pushed(context, mapping, email)
            yield Pair(mapping, asserted_by(context, mapping), pushed)


def _torn(context: RuleContext, pair: Pair) -> list[okta.Assignment]:
    """Return the people whose email as pushed is not the one that is asserted of them."""
    people = profile_mapping.assigned(context, pair.mapping)
    return [person for person in people if sso.is_torn(person, pair.asserted)]


def _breach(
    context: RuleContext,
    way: sso.Way,
    differing: list[Pair],
    people: list[okta.Assignment],
    remediation: Remediation,
) -> Violation:
    app, words = sso.app(context), "; ".join(map(str, differing))
    known = "" if people else "; of nobody is it known yet"
    evidence = (each for pair in differing for each in _evidence(context, way, pair))
    return Violation(
        subject=app.id,
        attribute=way,
        message=(
            f"{app.label} asserts another email at sign-on than Okta pushes ({words}): people get "
            f"a second account in Unleash or stay outside{known}."
            f"{contradicting_attestation(context, 'sso-identifier-differs', app.id)}"
        ),
        evidence=tuple(dict.fromkeys(evidence)),
        affected=affected_users(
            people,
            lambda each: f"pushed {each.email}; in Okta {each.okta_email}, login {each.login}",
        ),
        remediation=remediation,
    )


def _evidence(context: RuleContext, way: sso.Way, pair: Pair) -> Iterator[Evidence]:
    """Yield what is not the login, by the path by which a change of it is known."""
    if not _is_login(pair.pushed):
        yield Evidence(
            collection=str(MAPPINGS),
            field=f"mapping[{pair.mapping.type_id}].email.expression",
            label="Mapping of email",
            observed=pair.pushed.text or "nothing",
            expected="user.login",
        )
    if not _is_login(pair.asserted):
        collection, field = sso.asserted_at(context, pair.mapping, way)
        seen = pair.asserted.text or "nothing"
        yield Evidence(collection=str(collection), field=field, observed=seen, expected="the login")


def _remedy(context: RuleContext, pairs: tuple[Pair, ...]) -> Remediation:
    """Say what is to be done for all user types: where two agree on another email, both must go."""
    app, mapping = sso.app(context), pairs[0].mapping
    map_email = (
        f"{mapping.place}: map Email to user.login for every user type, then push the people again."
    )
    if all(_is_login(pair.asserted) for pair in pairs):
        return Remediation(steps=(map_email,), link=mapping.link)
    sign_on = f"{console_links.app_path(app, console_links.Tab.SIGN_ON)}: let it assert the login."
    mapped_well = all(_is_login(pair.pushed) for pair in pairs)
    return Remediation(
        steps=(sign_on,) if mapped_well else (sign_on, map_email),
        link=console_links.app_page(context.target, app, console_links.Tab.SIGN_ON),
    )


def _is_login(read: expressions.Read) -> bool:
    return read.attribute == "login"
