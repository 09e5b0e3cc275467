"""Groups that are assigned to the app or pushed by it, with their members."""

from collections.abc import Collection

from msgspec import field

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_PAGE_BYTES
from auditor.collect.reader import Reader, Schema, Time, cap_text, filled, plausible
from auditor.domain.collections import MissingReason
from auditor.domain.okta import AppGroup, GroupPush, PushedGroup

APP_GROUPS_ENDPOINT = Endpoint(path="/api/v1/apps/{}/groups", cap=MAX_PAGE_BYTES)
GROUP_PUSH_ENDPOINT = Endpoint(path="/api/v1/apps/{}/group-push/mappings", cap=MAX_PAGE_BYTES)
GROUP_ENDPOINT = Endpoint(path="/api/v1/groups/{}")
GROUP_MEMBERS_ENDPOINT = Endpoint(path="/api/v1/groups/{}/users", cap=MAX_PAGE_BYTES)


class _GroupProfile(Schema):
    name: str | None = None


class _Group(Schema):
    id: str
    profile: _GroupProfile | None = None
    last_membership_updated: Time | None = None


class _Embedded(Schema):
    group: _Group | None = None


class _AppGroup(Schema):
    id: str
    embedded: _Embedded | None = field(default=None, name="_embedded")


def read_app_groups(reader: Reader, app_id: str) -> tuple[AppGroup, ...]:
    """Read the groups that are assigned to the app."""
    rows = reader.rows(
        _AppGroup, APP_GROUPS_ENDPOINT, app_id, key=lambda row: row.id, limit="200", expand="group"
    )
    return tuple(
        AppGroup(id=row.id, name=_name(row.embedded.group if row.embedded else None))
        for row in rows
    )


class _GroupPush(Schema):
    id: str
    source_group_id: str
    target_group_id: str | None = None
    status: str | None = None
    error_summary: str | None = None
    last_push: Time | None = None


def read_group_push(reader: Reader, app_id: str) -> tuple[GroupPush, ...]:
    """Read the group-push mappings."""
    rows = reader.rows(
        _GroupPush, GROUP_PUSH_ENDPOINT, app_id, key=lambda row: row.id, limit="1000"
    )
    return tuple(
        GroupPush(
            id=row.id,
            source_group_id=row.source_group_id,
            target_group_id=filled(row.target_group_id),
            status=filled(row.status),
            error_summary=cap_text(filled(row.error_summary)),
            last_push_at=plausible(row.last_push),
        )
        for row in rows
    )


def read_pushed_groups(
    reader: Reader, pushes: Collection[GroupPush], watched: Collection[str] | None
) -> tuple[PushedGroup, ...]:
    """Read the source groups of the pushes, and the target groups' names.

    ``watched`` are the names of Unleash groups, in lower case, whose members are read too;
    ``None``: all. A target group names the Unleash group, which can differ from the source group's
    name. A group that no longer exists (404) is left out: it affects its own push only.
    """
    targets = sorted({push.target_group_id for push in pushes if push.target_group_id})
    # Only the names of target groups are needed. No name is watched, so no members are read.
    named = tuple(
        group
        for group in reader.each(lambda group_id: _read_if_exists(reader, group_id, ()), targets)
        if group
    )
    names = {group.id: group.name.lower() for group in named}
    # Its own name is not watched, but Okta pushes its members into a group that is.
    linked = {
        push.source_group_id
        for push in pushes
        if watched is not None and names.get(push.target_group_id or "") in watched
    }

    def read(group_id: str) -> PushedGroup | None:
        return _read_if_exists(reader, group_id, None if group_id in linked else watched)

    sources = sorted({push.source_group_id for push in pushes})
    # The sources replace the targets, because only they have members.
    found = {group.id: group for group in (*named, *reader.each(read, sources)) if group}
    return tuple(found[group_id] for group_id in sorted(found))


def _read_if_exists(
    reader: Reader, group_id: str, watched: Collection[str] | None
) -> PushedGroup | None:
    try:
        return read_group(reader, group_id, watched)
    except CollectError as error:
        if error.missing.why is MissingReason.NOT_FOUND:
            return None
        raise


def read_group(
    reader: Reader, group_id: str, watched: Collection[str] | None = None
) -> PushedGroup:
    """Read one group, and its members if its name is watched or ``watched`` is ``None``."""
    group = reader.record(_Group, GROUP_ENDPOINT, group_id)
    name = _name(group) or group.id
    is_watched = watched is None or name.lower() in watched
    members = _read_members(reader, group_id) if is_watched else None
    changed_at = plausible(group.last_membership_updated)
    return PushedGroup(id=group.id, name=name, member_ids=members, members_changed_at=changed_at)


def _read_members(reader: Reader, group_id: str) -> frozenset[str]:
    rows = reader.rows(
        _Member, GROUP_MEMBERS_ENDPOINT, group_id, key=lambda row: row.id, limit="1000"
    )
    return frozenset(row.id for row in rows)


class _Member(Schema):
    id: str


def _name(group: _Group | None) -> str | None:
    return cap_text(filled(group.profile.name)) if group and group.profile else None
