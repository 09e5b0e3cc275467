"""Everybody who is assigned is covered by a mapping."""

from collections import defaultdict
from collections.abc import Iterator

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    MAPPINGS,
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
    affected_users,
    console_links,
    okta,
    profile_mapping,
    rule,
)


@rule(
    id="user-type-unmapped",
    severity=Severity.MEDIUM,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    evidence=(
        "The user types of assigned people against the mappings to the app. People whose user type "
        "is not told it cannot tell about."
    ),
    remediation="Map the six attributes for that user type too.",
    needs={MAPPINGS, ASSIGNMENTS},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every user type with people assigned has a mapping to the app.

    Each user type has a mapping of its own. Without one its people are sent without attributes,
    and what the guide says of the others' mapping does not hold for them.
    """
    covered = {mapping.type_id for mapping in profile_mapping.to_app(context)}
    outside: defaultdict[str, list[okta.Assignment]] = defaultdict(list)
    untold = 0
    for person in context[ASSIGNMENTS]:
        if person.is_past:
            continue
        if person.user_type_id is None:
            untold += 1
        elif person.user_type_id not in covered:
            outside[person.user_type_id].append(person)
    if untold:
        why = f"Okta does not state the user type of {untold} assigned people"
        yield Unknown(reason=Undecidable(why=why))
    for type_id, people in sorted(outside.items()):
        yield _breach(context, type_id, people)


def _breach(context: RuleContext, type_id: str, people: list[okta.Assignment]) -> Violation:
    app, title = context.get(APP), profile_mapping.title_of(context, type_id)
    place = console_links.app_path(app, console_links.Tab.TO_APP)
    return Violation(
        subject=type_id,
        message=(
            f"{len(people)} assigned people are of {title}, which has no mapping to the app: what "
            "Okta sends of them, if anything, is not what the guide asks for."
        ),
        evidence=(
            Evidence(
                collection=str(MAPPINGS),
                field=f"mapping[{type_id}]",
                label="Mapping",
                observed=f"no mapping from {title}",
                expected="one that holds the six attributes",
            ),
        ),
        affected=affected_users(people, lambda _: title),
        remediation=Remediation(
            steps=(
                f"{place} > Attribute Mappings: choose {title} and map the six attributes.",
                "Push these people again.",
            ),
            link=console_links.app_page(context.target, app, console_links.Tab.TO_APP),
            terraform=profile_mapping.from_scratch(context, type_id),
        ),
    )
