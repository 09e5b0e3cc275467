"""The names of the objects in the configuration, as they were when it was read. Pure.

A path contains ids. A *reference* is the part of a path or value that names one object: its kind
and its id, ``groupPush[gpm1]`` or ``role[2]``.
"""

import re
from collections.abc import Iterator, Mapping

from auditor.domain.collections import (
    GROUP_PUSH,
    GROUPS,
    MAPPINGS,
    PUSHED_GROUPS,
    USER_TYPES,
    USERS,
)
from auditor.domain.snapshot import Snapshot
from auditor.engine.changes.configuration_paths import Configuration

Names = dict[str, str]
"""Reference to the name of the object. An object without a known name is not in it."""

_OBJECT = re.compile(r"(mapping|userType|groupPush|group|admin)\[([^]]+)\]")
_KIND_OF_VALUE = {"sourceGroup": "oktaGroup", "targetGroup": "oktaGroup", "rootRole": "role"}
"""The last part of a path to the kind of the object whose id is the value."""


def reference_in_path(path: str) -> str | None:
    """Return the object that a path belongs to; ``None``: the path contains no id.

    A mapping belongs to its user type.
    """
    found = _OBJECT.match(path)
    if found is None:
        return None
    return f"{'userType' if found[1] == 'mapping' else found[1]}[{found[2]}]"


def reference_in_value(path: str, value: str | None) -> str | None:
    """Return the object whose id is the value of a path; ``None``: the value is no id."""
    kind = _KIND_OF_VALUE.get(path.rpartition(".")[2])
    return f"{kind}[{value}]" if kind and value is not None else None


def configuration_names(
    snapshot: Snapshot, current: Configuration, last: Mapping[str, Names]
) -> dict[str, Names]:
    """Return the names of all objects in ``current``, by collection.

    ``last``: the names of the last read of each collection, for those that the snapshot lacks.
    """
    found = {
        collection: {**last.get(collection, {}), **names}
        for collection, names in _names_read(snapshot).items()
    }
    return {
        collection: {
            reference: known[reference]
            for path, value in current[collection].items()
            for reference in (reference_in_path(path), reference_in_value(path, value))
            if reference in known
        }
        for collection, known in found.items()
        if collection in current
    }


def _names_read(snapshot: Snapshot) -> dict[str, Names]:
    user_types = {
        f"userType[{each.id}]": each.title for each in snapshot.get(USER_TYPES) or () if each.title
    }
    return {
        MAPPINGS.name: user_types,
        USER_TYPES.name: user_types,
        GROUP_PUSH.name: dict(_pushes(snapshot)),
        GROUPS.name: dict(_groups(snapshot)),
        USERS.name: dict(_admins(snapshot)),
    }


def _pushes(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield the names of the groups; a push is named after its source group."""
    names = {each.id: each.name for each in snapshot.get(PUSHED_GROUPS) or () if each.name}
    for id_, name in names.items():
        yield f"oktaGroup[{id_}]", name
    for push in snapshot.get(GROUP_PUSH) or ():
        if push.source_group_id in names:
            yield f"groupPush[{push.id}]", names[push.source_group_id]


def _groups(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for group in snapshot.get(GROUPS) or ():
        if group.name:
            yield f"group[{group.id}]", group.name
    if users := snapshot.get(USERS):
        for role in users.roles:
            yield f"role[{role.id}]", role.name


def _admins(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    users = snapshot.get(USERS)
    for admin in users.admins if users else ():
        yield f"admin[{admin.id}]", admin.label
