"""The rule attribute-missing: the six attributes of the guide must be mapped."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    APP_SCHEMA,
    MAPPING_COLLECTIONS,
    MAPPINGS,
    SIX_ATTRIBUTES,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Undecidable,
    Unknown,
    Violation,
    expressions,
    guide_attributes,
    mapping_remediation,
    profile_mapping,
    rule,
)


@rule(
    id="attribute-missing",
    severity=Severity.HIGH,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    problem="A required attribute is not sent to Unleash",
    problems={"schema": "A required attribute is missing in the app profile"},
    evidence=(
        "The auditor reads the mappings of each user type, the app schema and the username "
        "template of the app. A user type is not evaluated while an attribute may be mapped under "
        "another name. The username is not evaluated while the template is unavailable."
    ),
    remediation="Map the attribute; add it to the app profile first if it is missing there.",
    may_read=MAPPING_COLLECTIONS,
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta sends all six required attributes.

    The guide requires six attributes. Without Email, Unleash cannot match a user at sign-on;
    without names, accounts are hard to identify.
    """
    if missing := context.missing_reason(MAPPINGS):
        yield Unknown(reason=missing)
    else:
        yield from _check_mappings(context)
    # Apart from the mappings: missing data of one part leaves the other part known.
    schema = context.get(APP_SCHEMA)
    if schema is None:
        reason = context.missing_reason(APP_SCHEMA, "the app profile")
        yield Unknown(subject="schema", reason=reason or Undecidable(why="no app schema"))
    else:
        yield from (_not_in_profile(context, name) for name in guide_attributes.missing(schema))


def _check_mappings(context: RuleContext) -> Iterator[Result]:
    app = context.get(APP)
    template = app.username_template if app else None
    for mapping in profile_mapping.to_app(context):
        if mapping.may_rename:
            why = "without the app schema, a missing attribute may be present under another name"
            yield Unknown(subject=mapping.type_id, reason=Undecidable(what=mapping.title, why=why))
            continue
        for name in SIX_ATTRIBUTES:
            # Normally the username template of the app governs userName, and no mapping for it
            # exists.
            if mapping.get(name) or (name == "userName" and template):
                continue
            if name == "userName" and template is None:
                what = f"Username ({mapping.title})"
                why = "Okta's answer contains no username template"
                reason = context.missing_reason(APP, what) or Undecidable(what=what, why=why)
                yield Unknown(subject=mapping.type_id, reason=reason)
            else:
                yield _not_mapped(context, mapping, name)


def _not_mapped(context: RuleContext, mapping: profile_mapping.TypeMapping, name: str) -> Violation:
    steps, title = Steps(context.snapshot), SIX_ATTRIBUTES[name]
    expected = guide_attributes.GUIDE_EXPRESSIONS[name]
    return Violation(
        subject=mapping.type_id,
        attribute=name,
        message=(
            f"Okta does not map {title} ({name}) for {mapping.title}. Unleash does not receive an "
            "attribute that the guide requires."
        ),
        evidence=(
            Evidence.of(
                MAPPINGS,
                f"mapping[{mapping.type_id}].{name}",
                f"Mapping of {title} ({mapping.title})",
                observed="Not mapped",
                expected=expressions.in_words(expected),
            ),
        ),
        remediation=mapping_remediation(
            mapping,
            {name: expected},
            f"{steps.mappings} > Show Unmapped Attributes. Edit {title}, set the value to "
            f"`{expected}` and save.",
            steps.apply_updates,
            for_many=f"Map these {{n}} attributes for {mapping.title}: {{list}}.",
        ),
    )


def _not_in_profile(context: RuleContext, name: str) -> Violation:
    steps, title = Steps(context.snapshot), SIX_ATTRIBUTES[name]
    external = guide_attributes.EXTERNAL_NAMES[name]
    return Violation(
        subject="schema",
        attribute=name,
        message=(
            f"The app profile has no attribute {title} ({name}). Okta cannot send it to Unleash."
        ),
        evidence=(
            Evidence.of(
                APP_SCHEMA,
                f"schema[{name}]",
                f"Attribute {title} in the app profile",
                observed="Missing",
                expected="Present, with external name and external namespace",
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    f"{steps.profile_editor} > Add Attribute. Enter the variable name `{name}`, "
                    f"the external name `{external}` and the external namespace "
                    f"`{guide_attributes.SCIM_USER_NAMESPACE}`."
                ),
                (
                    f"Map {title} for every user type. An attribute without an external namespace "
                    "is never sent."
                ),
            ),
            link=steps.profile_link(),
        ),
    )
