"""Groups in Unleash have the members that they have in Okta."""

from collections.abc import Iterator

from auditor.rule import (
    ACCESS,
    APP,
    GROUP_PUSH,
    GROUPS,
    PUSHED_GROUPS,
    Affected,
    Evidence,
    Family,
    MissingReason,
    NoParams,
    NotApplicable,
    Note,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    affected_users,
    console_links,
    group_membership,
    okta,
    rule,
)


@rule(
    id="group-push-failing",
    severity=Severity.MEDIUM,
    family=Family.RECONCILIATION,
    guide="effect",
    evidence=(
        "The status of each group-push mapping, and the members of the pushed group against those "
        "of the Unleash group of the same name; only active people who are assigned and have an "
        "account count. High for a group of admins. Members of groups without a root role are "
        "not read unless that is configured; it cannot tell about members that were not seen."
    ),
    remediation="Mend the reason of the error, activate the push, and push the group again.",
    needs={GROUP_PUSH},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Every pushed group arrives in Unleash with its members.

    A group's root role goes to whoever is in it. When the push stands still, people who left the
    group keep its rights, and people who joined it do not get them.
    """
    pushes = context[GROUP_PUSH]
    if pushes and (gap := context.lacks(GROUPS)) and gap.why is MissingReason.NOT_ON_THIS_EDITION:
        yield NotApplicable(reason=Note(code="no-groups"))
        return
    sources = {each.id: each for each in context.get(PUSHED_GROUPS) or ()}
    active = []
    for push in pushes:
        source = sources.get(push.source_group_id)
        if push.status in {"ERROR", "INACTIVE"}:
            yield _standing_still(context, push, source)
        elif push.status != "ACTIVE":
            status = push.status or "not stated"
            reason = Undecidable(what=push.source_group_id, why=f"the push status is {status}")
            yield Unknown(subject=push.id, reason=reason)
        elif source is None:
            what = f"members of {push.source_group_id}"
            undecidable = Undecidable(what=what, why="Okta has no such group")
            missing = context.missing_reason(PUSHED_GROUPS, what)
            yield Unknown(subject=push.id, reason=missing or undecidable)
        elif source.member_ids is not None:
            active.append((push, source, source.member_ids))
        elif context.lacks(ACCESS) and (
            missing := context.missing_reason(GROUPS, f"members of {source.name}")
        ):
            # members are only read of groups that are known to matter
            yield Unknown(subject=push.id, reason=missing)
    for push, source, wanted in active:
        yield from _compare(context, push, source, wanted)


def _compare(
    context: RuleContext, push: okta.GroupPush, source: okta.PushedGroup, wanted: frozenset[str]
) -> Iterator[Result]:
    group = group_membership.counterpart(context, source)
    arrived = group.member_ids if group else frozenset()
    if arrived is None:
        what = f"members of the Unleash group {source.name}"
        reason = Undecidable(what=what, why="Unleash does not state them")
        yield Unknown(subject=push.id, reason=reason)
        return
    differs = group_membership.difference(context.people, wanted, arrived)
    affected = (
        *affected_users((each.okta for each in differs.missing), lambda _: "missing in Unleash"),
        *affected_users(
            (each.okta for each in differs.left_over), lambda _: "left over in Unleash"
        ),
    )
    if affected:
        seen = f"{len(differs.missing)} missing, {len(differs.left_over)} left over"
        yield _failing(
            context,
            push,
            source,
            message=(
                f"The group {source.name} has other members in Unleash than in Okta ({seen}): "
                "some have rights that they should not have, or lack those that they need."
            ),
            evidence=Evidence(
                collection=str(GROUPS),
                field="users",
                label="Members",
                observed=seen,
                expected="the members in Okta",
            ),
            affected=tuple(sorted(affected, key=lambda each: (each.name, each.id))),
        )


def _standing_still(
    context: RuleContext, push: okta.GroupPush, source: okta.PushedGroup | None
) -> Violation:
    name = source.name if source else push.source_group_id
    seen = f"{push.status}: {push.error_summary}" if push.error_summary else f"{push.status}"
    return _failing(
        context,
        push,
        source,
        message=(
            f"The push of the group {name} is {seen}. Who joins or leaves it in Okta keeps their "
            "old rights in Unleash."
        ),
        evidence=Evidence(
            collection=str(GROUP_PUSH),
            field=f"groupPush[{push.id}].status",
            label="Push status",
            observed=seen,
            expected="ACTIVE",
        ),
    )


def _failing(
    context: RuleContext,
    push: okta.GroupPush,
    source: okta.PushedGroup | None,
    *,
    message: str,
    evidence: Evidence,
    affected: tuple[Affected, ...] = (),
) -> Violation:
    app, name = context.get(APP), source.name if source else push.source_group_id
    push_groups = console_links.app_path(app, console_links.Tab.PUSH_GROUPS)
    call = f"PATCH /api/v1/apps/{context.target.app_id}/group-push/mappings/{push.id}"
    return Violation(
        subject=push.id,
        severity=Severity.HIGH if source and context.admins.has_group(source.name) else None,
        message=message,
        evidence=(evidence,),
        affected=affected,
        within_grace=bool(affected),
        remediation=Remediation(
            steps=(
                f"{push_groups} > {name}: read the error, if there is one, and mend its reason.",
                "Activate the push, then Push now.",
            ),
            link=console_links.app_page(context.target, app, console_links.Tab.PUSH_GROUPS),
            api=f'{call} {{"status": "ACTIVE"}}',
        ),
    )
