"""Each of the six attributes arrives."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    APP_SCHEMA,
    MAPPINGS,
    SIX_ATTRIBUTES,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    guide_attributes,
    mapping_remediation,
    profile_mapping,
    rule,
)

UNSURE = "without the app's profile, what looks missing may be there by another name"


@rule(
    id="attribute-missing",
    severity=Severity.HIGH,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    evidence=(
        "What is mapped for each user type, and the app's profile. The username also comes by the "
        "app's username template; where that was not seen it cannot tell about the username."
    ),
    remediation="Map the attribute; add it to the app's profile first where it is missing there.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta sends all six attributes that the guide asks for.

    Without an email nobody can be matched when they sign in; without the others Unleash rejects
    the person, or shows an account that nobody can put a name to.
    """
    if missing := context.missing_reason(MAPPINGS):
        yield Unknown(reason=missing)
    else:
        yield from _unmapped(context)
    if missing := context.missing_reason(APP_SCHEMA):
        yield Unknown(subject="schema", reason=missing)
    else:
        schema = context[APP_SCHEMA]
        yield from (_not_in_profile(context, name) for name in guide_attributes.missing(schema))


def _unmapped(context: RuleContext) -> Iterator[Result]:
    app = context.get(APP)
    template = app.username_template if app else None
    for mapping in profile_mapping.to_app(context):
        if mapping.may_rename:
            undecidable = Undecidable(what=mapping.title, why=UNSURE)
            yield Unknown(subject=mapping.type_id, reason=undecidable)
            continue
        for name in SIX_ATTRIBUTES:
            if mapping.get(name) or (name == "userName" and template):
                continue
            if name == "userName" and template is None:
                what = f"{mapping.title}, userName"
                why = "Okta does not state the app's username template"
                reason = context.missing_reason(APP, what) or Undecidable(what=what, why=why)
                yield Unknown(subject=mapping.type_id, reason=reason)
            else:
                yield _not_mapped(mapping, name)


def _not_mapped(mapping: profile_mapping.TypeMapping, name: str) -> Violation:
    title, wanted = SIX_ATTRIBUTES[name], guide_attributes.GUIDE_EXPRESSIONS[name]
    return Violation(
        subject=mapping.type_id,
        attribute=name,
        message=(
            f"For {mapping.title} Okta does not send {title} ({name}), which Unleash needs of "
            "everybody."
        ),
        evidence=(
            Evidence(
                collection=str(MAPPINGS),
                field=f"mapping[{mapping.type_id}].{name}",
                label=f"Mapping of {name}",
                observed="not mapped",
                expected=wanted,
            ),
        ),
        remediation=mapping_remediation(mapping, f"map {title} to {wanted}", {name: wanted}),
    )


def _not_in_profile(context: RuleContext, name: str) -> Violation:
    title = SIX_ATTRIBUTES[name]
    return Violation(
        subject="schema",
        attribute=name,
        message=f"The app's profile in Okta has no {title} ({name}), so it cannot be sent at all.",
        evidence=(
            Evidence(
                collection=str(APP_SCHEMA),
                field=f"schema[{name}]",
                label=f"Attribute {name}",
                observed="absent",
                expected="an attribute of the app's profile",
            ),
        ),
        remediation=Remediation(
            steps=(
                f"Okta: Directory > Profile Editor > the app: add {title} as {name}.",
                f"Then map {title} for every user type.",
            ),
            link=console_links.profile_editor(context.target, context.target.app_id),
        ),
    )
