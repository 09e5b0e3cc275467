"""The rule group-push-failing: every pushed group must be up to date in Unleash."""

from collections.abc import Iterator

from auditor.rule import (
    ACCESS,
    ADMIN_COLLECTIONS,
    ASSIGNMENTS,
    GROUP_PUSH,
    GROUPS,
    LOG,
    PUSHED_GROUPS,
    USERS,
    Affected,
    Evidence,
    Family,
    GroupPushFix,
    MissingReason,
    NotApplicable,
    Note,
    Params,
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
    group_membership,
    moment,
    okta,
    push_outcomes,
    push_root_cause,
    rule,
    shorten,
)

MAX_ERROR_LENGTH = 64
"""Characters of Okta's error in a message."""


class GroupParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which members are compared."""

    all_members: bool = False
    """Also read and compare the members of pushed groups without a root role in Unleash."""

    @property
    def reads_all_members(self) -> bool:
        """The parameter also decides what is read."""
        return self.all_members


@rule(
    id="group-push-failing",
    severity=Severity.MEDIUM,
    family=Family.RECONCILIATION,
    guide="effect",
    problem="A pushed group is not up to date in Unleash",
    problems={
        "error": "Okta cannot push a group to Unleash",
        "inactive": "The push of a group is inactive",
        "members": "A group has other members in Unleash than in Okta",
    },
    evidence=(
        "The auditor reads the status of each group push, group events in the System Log, and the "
        "members on both sides. The Unleash group is found through the target group, and by name "
        "only as a fallback. Members of groups without a root role are not read unless this is "
        "configured."
    ),
    remediation="Fix the cause of the error, activate the push, and push the group now.",
    requires={GROUP_PUSH},
    may_read=ADMIN_COLLECTIONS | {LOG},
    params=GroupParams,
)
def check(context: RuleContext, params: GroupParams) -> Iterator[Result]:
    """Every pushed group has the same members in Unleash and Okta.

    An Unleash group gives its roles to its members. If the push fails, users who left the group
    keep these roles and new members do not get them.
    """
    pushes = context[GROUP_PUSH]
    if pushes and (gap := context.lacks(GROUPS)) and gap.why is MissingReason.NOT_ON_THIS_EDITION:
        yield NotApplicable(reason=Note(code="no-groups"))
        return
    groups = {each.id: each for each in context.get(PUSHED_GROUPS) or ()}
    failures = push_outcomes.last_group_failures(context)
    for push in pushes:
        yield from _check_push(context, params, push, groups, failures)


def _check_push(
    context: RuleContext,
    params: GroupParams,
    push: okta.GroupPush,
    groups: dict[str, okta.PushedGroup],
    failures: dict[str, okta.LogEvent],
) -> Iterator[Result]:
    source = groups.get(push.source_group_id)
    name = source.name if source else push.source_group_id
    # An event can name the group in Okta or its counterpart.
    failure = failures.get(push.source_group_id) or failures.get(push.target_group_id or "")
    if push.status in {"ERROR", "INACTIVE"}:
        yield _not_active(context, push, name, _known_difference(context, push, source))
    elif push.status != "ACTIVE":
        why = f"the push status {push.status or 'of Okta'} is unknown"
        yield Unknown(subject=push.id, reason=Undecidable(what=name, why=why))
    # A group can vanish between the list and its own read (cartography #2885). Others are not
    # affected.
    elif source is None:
        why = "the group no longer existed when its members were read"
        reason = context.missing_reason(PUSHED_GROUPS, name) or Undecidable(what=name, why=why)
        yield Unknown(subject=push.id, reason=reason)
    elif failure and not _is_pushed_since(context, push, source, failure):
        yield _failed_event(context, push, source, failure)
    elif context.lacks(ACCESS) and (missing := context.missing_reason(GROUPS, name)):
        yield Unknown(subject=push.id, reason=missing)
    else:
        yield from _compare(context, params, push, source)


def _is_pushed_since(
    context: RuleContext, push: okta.GroupPush, source: okta.PushedGroup, failure: okta.LogEvent
) -> bool:
    """Whether Okta pushed the group after a failure, and the members are read and agree."""
    if push.last_push_at is None or push.last_push_at <= failure.published_at:
        return False
    # Only members that agree show that the failure is over, so they are needed without a root role
    # too.
    return not tuple(_compare(context, GroupParams(all_members=True), push, source))


def _compare(
    context: RuleContext, params: GroupParams, push: okta.GroupPush, source: okta.PushedGroup
) -> Iterator[Result]:
    group = group_membership.counterpart(context.snapshot, push)
    what = source.name
    if group is None:
        why = "no Unleash group could be identified as its counterpart"
        yield Unknown(subject=push.id, reason=Undecidable(what=what, why=why))
        return
    # The auditor reads the members of groups with a root role only, unless the parameter is set.
    if group.root_role is None and not params.all_members:
        return
    if source.member_ids is None or group.member_ids is None:
        side = "Okta" if source.member_ids is None else "Unleash"
        why = source.members_gap or f"the members in {side} were not read"
        # The groups of Unleash show whose members are read in Okta.
        needed = (PUSHED_GROUPS, GROUPS, ACCESS)
        lacking = next((each.name for each in needed if context.lacks(each)), None)
        yield Unknown(subject=push.id, reason=Undecidable(what=what, why=why, lacking=lacking))
        return
    if missing := context.missing_reason(ASSIGNMENTS, what):
        yield Unknown(subject=push.id, reason=missing)
        return
    # An account whose SCIM id was not read can be that of any member.
    if any(map(context.people.needs_id, context.people.deviating)):
        why = "without the user list, it is unknown which account SCIM manages"
        reason = Undecidable(what=what, why=why, lacking=USERS.name)
        yield Unknown(subject=push.id, reason=reason)
        return
    differs = group_membership.difference(context.people, source.member_ids, group.member_ids)
    if affected := _affected(differs):
        observed = f"{len(differs.missing)} missing, {len(differs.extra)} extra"
        yield _violation(
            context,
            push,
            what,
            kind="members",
            message=(
                f"Group {shorten(what)} differs between Okta and Unleash: {observed}. Some users "
                "have rights that they should not have, or lack rights."
            ),
            evidence=Evidence.of(
                GROUPS,
                "users",
                f'Members of group "{what}" in Unleash',
                observed=observed,
                expected="The members in Okta",
            ),
            affected=affected,
            # A push in progress explains a difference (SCIM is not real time).
            within_grace=True,
        )


def _known_difference(
    context: RuleContext, push: okta.GroupPush, source: okta.PushedGroup | None
) -> tuple[Affected, ...]:
    """Return the members that differ, as far as both sides were read."""
    if source is None or source.member_ids is None or context.lacks(ASSIGNMENTS):
        return ()
    if context.lacks(GROUPS) and context.lacks(ACCESS):
        return ()
    group = group_membership.counterpart(context.snapshot, push)
    if group is None or group.member_ids is None:
        return ()
    return _affected(
        group_membership.difference(context.people, source.member_ids, group.member_ids)
    )


def _affected(differs: group_membership.Difference) -> tuple[Affected, ...]:
    affected = (
        *affected_users((each.okta for each in differs.missing), lambda _: "missing in Unleash"),
        *affected_users((each.okta for each in differs.extra), lambda _: "extra in Unleash"),
    )
    return tuple(sorted(affected, key=lambda each: (each.name, each.id)))


def _failed_event(
    context: RuleContext, push: okta.GroupPush, source: okta.PushedGroup, event: okta.LogEvent
) -> Violation:
    cause, name = event.reason or "no reason given", source.name
    return _violation(
        context,
        push,
        name,
        kind="error",
        message=(
            f"Okta could not update group {shorten(name)} in Unleash on "
            f"{moment(event.published_at)}: {shorten(cause)}. Its members in Unleash can be "
            "outdated."
        ),
        evidence=Evidence.of(
            LOG,
            event.type,
            f'Last push of group "{name}"',
            observed=f'Failed on {moment(event.published_at)}: "{cause}"',
            expected="Succeeded",
        ),
        affected=_known_difference(context, push, source),
    )


def _not_active(
    context: RuleContext, push: okta.GroupPush, name: str, affected: tuple[Affected, ...]
) -> Violation:
    is_error, cause = push.status == "ERROR", push.error_summary or "no reason given"
    what = f"fails: {shorten(cause, MAX_ERROR_LENGTH)}" if is_error else "is inactive"
    return _violation(
        context,
        push,
        name,
        kind="error" if is_error else "inactive",
        message=(
            f"The push of group {shorten(name)} {what}. Users who join or leave the group keep "
            "their old rights in Unleash."
        ),
        evidence=Evidence.of(
            GROUP_PUSH,
            f"groupPush[{push.id}].status",
            f'Push status of group "{name}"',
            observed=f'Error: "{cause}"' if is_error else "Inactive",
            expected="Active",
        ),
        affected=affected,
    )


def _violation(
    context: RuleContext,
    push: okta.GroupPush,
    name: str,
    *,
    kind: str,
    message: str,
    evidence: Evidence,
    affected: tuple[Affected, ...] = (),
    within_grace: bool = False,
) -> Violation:
    steps = Steps(context.snapshot)
    call = f"PATCH /api/v1/apps/{context.target.app_id}/group-push/mappings/{push.id}"
    return Violation(
        subject=push.id,
        subject_name=name,
        kind=kind,
        severity=Severity.HIGH if _is_admin_group(context, push, name) else None,
        message=message,
        evidence=(evidence,),
        affected=affected,
        within_grace=within_grace,
        root_cause=push_root_cause(context, "push-groups"),
        remediation=Remediation(
            steps=(
                f"{steps.push_groups} > {name}. Read the error and fix its cause.",
                "If the push is inactive, select Activate group push in the status menu.",
                (
                    f'Select Push now in the status menu of {name}. Do not select "Unlink pushed '
                    'group": Okta can delete the group in Unleash, and its root role with it. '
                    "After a re-created push, check the root role."
                ),
                (
                    "For missing members, check that the users are assigned to "
                    f"{steps.app}. Okta pushes only assigned users."
                ),
            ),
            link=steps.link(Tab.PUSH_GROUPS),
            api=f'{call} {{"status": "ACTIVE"}}',
            fix=GroupPushFix(push_id=push.id),
            for_many='These {n} users differ: {list}. "Push now" corrects them together.',
        ),
    )


def _is_admin_group(context: RuleContext, push: okta.GroupPush, name: str) -> bool:
    # Without a list of groups, no group is known to be an admin group.
    if context.lacks(GROUPS) and context.lacks(ACCESS):
        return False
    group = group_membership.counterpart(context.snapshot, push)
    admin_ids = {each.group.id for each in context.admins.groups}
    return group.id in admin_ids if group else context.admins.has_group(name)
