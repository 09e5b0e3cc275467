"""The rule user-type-unmapped: every user type with assigned users must have a mapping."""

from collections import defaultdict
from collections.abc import Iterator

from auditor.rule import (
    ASSIGNMENTS,
    MAPPING_COLLECTIONS,
    MAPPINGS,
    Evidence,
    Family,
    NoParams,
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
    count,
    okta,
    profile_mapping,
    rule,
)


@rule(
    id="user-type-unmapped",
    severity=Severity.MEDIUM,
    family=Family.IDENTIFIER,
    guide="Okta 5",
    problem="A user type with users has no attribute mapping",
    evidence=(
        "The auditor compares the user types of the assigned users with the mappings to the app. "
        "That each user type needs its own mapping is inferred. Users whose user type is missing "
        "from Okta's answer are not evaluated."
    ),
    remediation="Map the six attributes for this user type.",
    requires={MAPPINGS, ASSIGNMENTS},
    may_read=MAPPING_COLLECTIONS,
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every user type with assigned users has a mapping to the app.

    Each Okta user type has its own mapping to the app. Without one, it is undefined which
    attributes Okta sends for these users.
    """
    mapped = {mapping.type_id for mapping in profile_mapping.to_app(context)}
    unmapped: defaultdict[str, list[okta.Assignment]] = defaultdict(list)
    without_type = 0
    for user in context[ASSIGNMENTS]:
        # Okta sends no attributes of users without access.
        if user.user_type_id in mapped or user.is_past:
            continue
        if user.user_type_id is None:
            without_type += 1
        else:
            unmapped[user.user_type_id].append(user)
    if without_type:
        what = count(without_type, "assigned user")
        why = "the user type is missing from Okta's answer"
        yield Unknown(reason=Undecidable(what=what, why=why))
    for type_id, users in sorted(unmapped.items()):
        yield _violation(context, type_id, users)


def _violation(context: RuleContext, type_id: str, users: list[okta.Assignment]) -> Violation:
    paths, title = Steps(context.snapshot), profile_mapping.title_of(context, type_id)
    these = "this user" if len(users) == 1 else "these users"
    return Violation(
        subject=type_id,
        message=(
            f"{title[:1].upper()}{title[1:]} has {count(len(users), 'assigned user')}, but no "
            f"mapping to {paths.app}. The six required attributes are not guaranteed for {these}."
        ),
        evidence=(
            Evidence.of(
                MAPPINGS,
                f"mapping[{type_id}]",
                f"Mapping of {title}",
                observed="None",
                expected="A mapping with the six required attributes",
            ),
        ),
        affected=affected_users(users, lambda _: title),
        remediation=Remediation(
            steps=(
                (
                    f"{paths.profile_editor} > Mappings. Select {title}, map the six attributes "
                    "and save."
                ),
                "Select Apply updates now.",
            ),
            link=paths.link(Tab.TO_APP),
            terraform=profile_mapping.from_scratch(context, type_id),
            fix=profile_mapping.fix_from_scratch(type_id),
            for_many="Repeat both steps for these user types: {list}.",
        ),
    )
