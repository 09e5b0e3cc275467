"""The snapshot as it can read after a fix and its pushes. Pure.

What Unleash's SCIM server can do but is not certain (adoption, rejection) is kept apart: an adopted
account gets a SCIM id and keeps its role, and a collision changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from msgspec.structs import replace as changed

from auditor.domain.collections import (
    APP,
    ASSIGNMENTS,
    CAPABILITIES,
    GROUP_PUSH,
    GROUPS,
    LOG,
    MAPPINGS,
    USERS,
)
from auditor.domain.context import RuleContext
from auditor.domain.okta import Actor, Log, LogEvent, LogTarget, MappedAttribute, ProfileMapping
from auditor.domain.provisioning.push_features import PUSH_FLAGS, PushFlag
from auditor.domain.remediation.fix import Fix, GroupPushFix, MappingFix, PushFlagFix
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import User
from auditor.engine.simulation.group_effects import GroupEffects
from auditor.engine.simulation.push_effects import PushEffects, SentUser

MAPPING_UPDATE = "directory.mapping.update"

NEW_SCIM_ID = "simulated-{}"
"""The SCIM id of an account that a simulated push creates or adopts; only its equality matters."""


def with_fix(context: RuleContext, fix: Fix) -> Snapshot:
    """Return the snapshot with the changed configuration, before any push."""
    match fix:
        case MappingFix():
            mappings = tuple(_mappings(context, fix))
            return _with(context.snapshot, {MAPPINGS.name: mappings, **_dated_change(context)})
        case PushFlagFix():
            return _with_flag(context.snapshot, _flag(fix.flag))
        case GroupPushFix():
            pushes = tuple(
                changed(each, status="ACTIVE", error_summary=None)
                if each.id == fix.push_id
                else each
                for each in context[GROUP_PUSH]
            )
            return _with(context.snapshot, {GROUP_PUSH.name: pushes})


def with_push(context: RuleContext, effects: PushEffects, sent: Iterable[SentUser]) -> Snapshot:
    """Return the snapshot after every possible effect of a push but the collisions."""
    renamed = {each.account_id: each.after for each in effects.renamed}
    adopted = {each.account_id: each.okta_user_id for each in effects.adopted}
    created = {each.okta_user_id: each.email for each in effects.created}
    linked = {user: NEW_SCIM_ID.format(user) for user in (*created, *adopted.values())}
    emails = {
        each.person.okta.user_id: each.email
        for each in sent
        # The mapping applies on create only, so an account that exists keeps its email.
        if not (each.account and each.create_only)
    }
    users = context[USERS]
    first_id = max((each.id for each in users.users), default=0) + 1
    accounts = [
        changed(
            each,
            email=renamed.get(each.id, each.email),
            scim_id=linked[adopted[each.id]] if each.id in adopted else each.scim_id,
        )
        if each.id in renamed or each.id in adopted
        else each
        for each in users.users
    ]
    accounts += (
        User(id=number, email=email, scim_id=linked[user], created_at=context.at)
        for number, (user, email) in enumerate(created.items(), start=first_id)
    )
    assignments = tuple(
        changed(
            each,
            email=emails[each.user_id],
            external_id=linked.get(each.user_id, each.external_id),
            # Okta sets this status when the account exists.
            status="PROVISIONED" if each.user_id in linked else each.status,
            updated_at=context.at,
        )
        if each.user_id in emails
        else each
        for each in context[ASSIGNMENTS]
    )
    return _with(
        context.snapshot,
        {ASSIGNMENTS.name: assignments, USERS.name: changed(users, users=tuple(accounts))},
    )


def with_group_members(context: RuleContext, effects: tuple[GroupEffects, ...]) -> Snapshot:
    """Return the snapshot with the members that the pushes give to the groups of Unleash."""
    by_id = {each.group_id: each for each in effects if not each.undecided}
    groups = context.get(GROUPS)
    if groups is None:
        return context.snapshot
    after = tuple(
        changed(
            each,
            member_ids=(each.member_ids - set(by_id[each.id].removed)) | set(by_id[each.id].added),
        )
        if each.id in by_id and each.member_ids is not None
        else each
        for each in groups
    )
    return _with(context.snapshot, {GROUPS.name: after})


def _mappings(context: RuleContext, fix: MappingFix) -> Iterator[ProfileMapping]:
    """Yield the mappings with the fix; a user type without mapping gets one."""
    is_known = False
    for mapping in context[MAPPINGS]:
        if mapping.target_id != context.target.app_id or fix.type_id not in {
            None,
            mapping.source_id,
        }:
            yield mapping
            continue
        is_known = True
        yield changed(mapping, properties=_properties(mapping.properties, fix))
    if not is_known and fix.type_id is not None:
        yield ProfileMapping(
            id=NEW_SCIM_ID.format(fix.type_id),
            source_id=fix.type_id,
            target_id=context.target.app_id,
            properties=_properties({}, fix),
        )


def _dated_change(context: RuleContext) -> dict[str, Log]:
    """Return the log with the change of the mappings, so that older values prove nothing."""
    log = context.get(LOG)
    if log is None:
        return {}
    change = LogEvent(
        id="simulated",
        type=MAPPING_UPDATE,
        # The change is dated before the values that the simulated push sends.
        published_at=context.at - timedelta.resolution,
        actor=Actor(id="simulated", type="User"),
        targets=(LogTarget(id=context.target.app_id, type="AppInstance"),),
        result="SUCCESS",
    )
    return {LOG.name: changed(log, events=(*log.events, change))}


def _properties(
    before: Mapping[str, MappedAttribute], fix: MappingFix
) -> dict[str, MappedAttribute]:
    after = dict(before)
    for each in fix.attributes:
        if each.expression:
            after[each.name] = MappedAttribute(expression=each.expression, push_status="PUSH")
        else:
            after.pop(each.name, None)
    return after


def _flag(name: str) -> PushFlag:
    return next(each for each in PUSH_FLAGS if each.name == name)


def _with_flag(snapshot: Snapshot, flag: PushFlag) -> Snapshot:
    """Switch an action on in the features and in the capabilities, where they were read."""
    read: dict[str, Any] = {}
    app, capabilities = snapshot.get(APP), snapshot.get(CAPABILITIES)
    if app and app.features is not None:
        read[APP.name] = changed(app, features=app.features | {flag.feature})
    if capabilities and flag.capability:
        read[CAPABILITIES.name] = changed(capabilities, **{flag.capability: "ENABLED"})
    return _with(snapshot, read)


def _with(snapshot: Snapshot, read: Mapping[str, Any]) -> Snapshot:
    return replace(snapshot, read={**snapshot.read, **read})
