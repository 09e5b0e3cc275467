"""Nothing is sent to Unleash that the guide does not ask for."""

from collections.abc import Iterator

from auditor.rule import (
    APP_SCHEMA,
    MAPPINGS,
    SIX_ATTRIBUTES,
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
    Undecidable,
    Unknown,
    Violation,
    console_links,
    guide_attributes,
    mapping_remediation,
    okta,
    profile_mapping,
    rule,
)

UNSURE = "without the app's profile, what looks new may be one of the six by another name"


class ExtraParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be sent besides."""

    allowed: frozenset[str] = frozenset()
    """Further attributes of the app, by variable name, that somebody decided to send."""

    @property
    def allowed_attributes(self) -> frozenset[str]:
        """So that no rule's Terraform takes them away."""
        return self.allowed


@rule(
    id="extra-attribute",
    severity=Severity.MEDIUM,
    family=Family.ONLY_SIX,
    guide="Okta 5",
    evidence=(
        "What is mapped for each user type, and (low) what the app's profile holds beyond the six "
        "that can be removed there. Unmapped base attributes are a note: nobody can remove them."
    ),
    remediation=(
        "Unmap the attribute and, where it is a custom one, remove it from the app's profile."
    ),
    params=ExtraParams,
)
def check(context: RuleContext, params: ExtraParams) -> Iterator[Result]:
    """Okta sends the six attributes that the guide keeps, and no others.

    Unleash has no use for the rest: each is personal data handed over for nothing, and one more
    reason for pushes that never settle.
    """
    if missing := context.missing_reason(MAPPINGS):
        yield Unknown(reason=missing)
    else:
        yield from _mapped(context, params.allowed)
    if missing := context.missing_reason(APP_SCHEMA):
        yield Unknown(subject="schema", reason=missing)
    else:
        schema = context[APP_SCHEMA]
        yield _in_profile(context, guide_attributes.beyond(schema, params.allowed))


def _mapped(context: RuleContext, allowed: frozenset[str]) -> Iterator[Result]:
    removable = {each.name for each in context.get(APP_SCHEMA) or () if each.custom}
    for mapping in profile_mapping.to_app(context):
        if mapping.may_rename:
            reason = Undecidable(what=mapping.title, why=UNSURE)
            yield Unknown(subject=mapping.type_id, reason=reason)
            continue
        for name, each in mapping.extras():
            if name in allowed:
                continue
            then = (
                "Remove it in the Profile Editor too: Okta pushes the whole profile, unmapped "
                "attributes included."
                if name in removable
                else "Base attributes cannot be removed from the app's profile: unmapping is all."
            )
            yield Violation(
                subject=mapping.type_id,
                attribute=name,
                message=(
                    f"For {mapping.title} Okta also sends {name}, which Unleash has no use for: "
                    "personal data leaves Okta for nothing."
                ),
                evidence=(
                    Evidence(
                        collection=str(MAPPINGS),
                        field=f"mapping[{mapping.type_id}].{name}",
                        label=f"Mapping of {name}",
                        observed=str(each.expression),
                        expected=f"not mapped; only {', '.join(SIX_ATTRIBUTES)}",
                    ),
                ),
                remediation=mapping_remediation(mapping, f"unmap {name}", {name: None}, then),
            )


def _in_profile(context: RuleContext, extras: tuple[okta.SchemaAttribute, ...]) -> Result:
    names = ", ".join(each.name for each in extras if each.custom)
    if not names:
        fixed = ", ".join(each.name for each in extras)
        note = Note(code="base-attributes", about=fixed) if fixed else None
        return Passed(basis=Basis.REPORTED, note=note)
    return Violation(
        subject="schema",
        severity=Severity.LOW,
        message=(
            f"The app's profile in Okta holds custom attributes beyond the six ({names}): Okta "
            "pushes the whole profile, so they may be sent even when nobody maps them."
        ),
        evidence=tuple(
            Evidence(
                collection=str(APP_SCHEMA),
                field=f"schema[{each.name}]",
                label=f"Attribute {each.name}",
                observed=each.name,
                expected=f"nothing beyond {', '.join(SIX_ATTRIBUTES)}",
            )
            for each in extras
            if each.custom
        ),
        remediation=Remediation(
            steps=(f"Okta: Directory > Profile Editor > the app: remove {names}.",),
            link=console_links.profile_editor(context.target, context.target.app_id),
        ),
    )
