"""The groups of Unleash: their roles and members."""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from auditor.collect.http import Endpoint
from auditor.collect.http.limits import MAX_WHOLE_LIST_BYTES
from auditor.collect.reader import Reader, Schema
from auditor.domain.unleash import Group

GROUPS_ENDPOINT = Endpoint(path="/api/admin/groups", cap=MAX_WHOLE_LIST_BYTES)


class _Id(Schema):
    id: int


class _Member(Schema):
    user: _Id


class _Group(Schema):
    id: int
    name: str
    root_role: int | None = None
    # Absent: this endpoint does not list it. Null: the group is not managed by SCIM.
    scim_id: str | UnsetType | None = UNSET
    users: list[_Member] | None = None
    user_count: int | None = None


class GroupList(Schema):
    """Groups as more than one endpoint lists them."""

    groups: list[_Group]


def read_groups(reader: Reader) -> tuple[Group, ...]:
    """Read the groups of an Enterprise instance, with their members."""
    return groups_of(reader.record(GroupList, GROUPS_ENDPOINT).groups)


def groups_of(rows: Iterable[_Group]) -> tuple[Group, ...]:
    """Turn rows into records, sorted by id."""
    groups = (
        Group(
            id=row.id,
            name=row.name,
            root_role=row.root_role,
            scim_id=informative_id(row.scim_id),
            member_ids=_member_ids(row),
        )
        for row in rows
    )
    return tuple(sorted(groups, key=lambda group: group.id))


def informative_id(scim_id: str | UnsetType | None) -> str | UnsetType | None:
    """Return a SCIM id; unset: it is empty, so it is unknown whether SCIM is used."""
    return UNSET if isinstance(scim_id, str) and not scim_id.strip() else scim_id


def _member_ids(group: _Group) -> frozenset[int] | None:
    """Return the ids of the members; ``None``: the answer counts more members than it lists."""
    if group.users is None or group.user_count not in {None, len(group.users)}:
        return None
    return frozenset(member.user.id for member in group.users)
