"""The rule extra-attribute: only the six attributes of the guide should be sent."""

from collections.abc import Iterator, Mapping

from auditor.rule import (
    APP_SCHEMA,
    MAPPING_COLLECTIONS,
    MAPPINGS,
    Basis,
    Evidence,
    Family,
    Note,
    Params,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Undecidable,
    Unknown,
    Violation,
    count,
    expressions,
    guide_attributes,
    mapping_remediation,
    okta,
    profile_mapping,
    rule,
    shorten,
)


class ExtraParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attributes that are sent on purpose."""

    allowed: frozenset[str] = frozenset()
    """Attributes of the app, by variable name, that may be sent in addition to the six."""

    @property
    def allowed_attributes(self) -> frozenset[str]:
        """Attributes that the Terraform of other rules keeps."""
        return self.allowed


@rule(
    id="extra-attribute",
    severity=Severity.MEDIUM,
    family=Family.ONLY_SIX,
    guide="Okta 5",
    problem="Okta sends more attributes than required",
    problems={
        "not-sent": "An extra attribute is mapped, but not sent",
        "schema": "The app profile has extra attributes",
    },
    evidence=(
        "The auditor reads the mappings of each user type and the app schema. Custom attributes in "
        "the schema count even when they are not mapped, because Okta pushes the full app profile. "
        "Base attributes that are not mapped are a note, because they cannot be removed."
    ),
    remediation="Remove the mapping, and delete a custom attribute from the app profile.",
    may_read=MAPPING_COLLECTIONS,
    params=ExtraParams,
)
def check(context: RuleContext, params: ExtraParams) -> Iterator[Result]:
    """Okta sends only the six required attributes.

    The guide removes other attributes so that Okta reaches a steady state. Extra attributes also
    share personal data that provisioning does not need.
    """
    if missing := context.missing_reason(MAPPINGS):
        yield Unknown(reason=missing)
    else:
        yield from _check_mappings(context, params.allowed)
    # Apart from the mappings: missing data of one part leaves the other part known.
    schema = context.get(APP_SCHEMA)
    if schema is None:
        reason = context.missing_reason(APP_SCHEMA, "the app profile")
        yield Unknown(subject="schema", reason=reason or Undecidable(why="no app schema"))
    else:
        yield _check_schema(context, guide_attributes.beyond(schema, params.allowed))


def _check_mappings(context: RuleContext, allowed: frozenset[str]) -> Iterator[Result]:
    schema = {each.name: each for each in context.get(APP_SCHEMA) or ()}
    for mapping in profile_mapping.to_app(context):
        if mapping.may_rename:
            why = (
                "without the app schema, an extra attribute may be one of the six under another "
                "name"
            )
            yield Unknown(subject=mapping.type_id, reason=Undecidable(what=mapping.title, why=why))
            continue
        for name, each in mapping.extras():
            if name not in allowed:
                yield _mapped(context, mapping, name, each, schema)


def _mapped(
    context: RuleContext,
    mapping: profile_mapping.TypeMapping,
    name: str,
    attribute: okta.MappedAttribute,
    schema: Mapping[str, okta.SchemaAttribute],
) -> Violation:
    # Okta never sends an attribute without external namespace (KB); absent data proves nothing.
    is_sent = name not in schema or schema[name].external_namespace not in {None, ""}
    title = mapping.title
    if is_sent:
        message = (
            f"Okta sends {shorten(name)} for {title}, which is not one of the six required "
            "attributes. This shares data without need and can cause repeated pushes."
        )
    else:
        message = (
            f"Okta maps {shorten(name)} for {title}, but does not send it: the attribute has no "
            "external namespace. The mapping has no effect."
        )
    return Violation(
        subject=mapping.type_id,
        attribute=name,
        kind="" if is_sent else "not-sent",
        severity=None if is_sent else Severity.LOW,
        message=message,
        evidence=(
            Evidence.of(
                MAPPINGS,
                f"mapping[{mapping.type_id}].{name}",
                f"Mapping of {name} ({title})",
                observed=expressions.in_words(attribute.expression),
                expected="Not mapped",
                expression=attribute.expression or "",
            ),
        ),
        remediation=_remediation(context, mapping, name, schema),
    )


def _remediation(
    context: RuleContext,
    mapping: profile_mapping.TypeMapping,
    name: str,
    schema: Mapping[str, okta.SchemaAttribute],
) -> Remediation:
    steps = Steps(context.snapshot)
    is_custom = name in schema and schema[name].custom
    profile = (
        f"Check first that no SAML attribute statement or expression uses appuser.{name}. Then "
        f"{steps.profile_editor}. Delete {name}."
        if is_custom
        else "A base attribute cannot be deleted. Okta can still send the value that an app "
        "profile already holds."
    )
    return mapping_remediation(
        mapping,
        {name: None},
        f"{steps.mappings}. Remove the mapping of {name} (the X icon).",
        profile,
        "If the attribute is needed, add it to `rules.extra-attribute.allowed`.",
        for_many=f"Remove the mappings of these {{n}} attributes for {mapping.title}: {{list}}.",
    )


def _check_schema(context: RuleContext, extras: tuple[okta.SchemaAttribute, ...]) -> Result:
    # Base attributes cannot be removed (KB), so a finding about them could never be fixed.
    custom = tuple(each.name for each in extras if each.custom)
    if not custom:
        base = ", ".join(each.name for each in extras)
        note = Note(code="base-attributes", about=base) if base else None
        return Passed(basis=Basis.REPORTED, note=note)
    names, steps = ", ".join(custom), Steps(context.snapshot)
    number = count(len(custom), "custom attribute")
    return Violation(
        subject="schema",
        severity=Severity.LOW,
        message=(
            f"The app profile has {number} beyond the six: {shorten(names)}. Okta can send "
            f"{'it' if len(custom) == 1 else 'them'} with the full profile, even without a mapping."
        ),
        evidence=tuple(
            Evidence.of(
                APP_SCHEMA,
                f"schema[{name}]",
                "Custom attribute in the app profile",
                observed=name,
                expected="None beyond the six",
            )
            for name in custom
        ),
        remediation=Remediation(
            steps=(
                (
                    "Check first that no SAML attribute statement or expression uses these "
                    f"attributes. Then {steps.profile_editor}. Delete {names}."
                ),
                "If an attribute is needed, add it to `rules.extra-attribute.allowed`.",
            ),
            link=steps.profile_link(),
        ),
    )
