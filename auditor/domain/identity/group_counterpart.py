"""The Unleash group that a pushed group becomes. Pure.

Group push creates a group or links an existing one, which can have another name. ``targetGroupId``
names Okta's record of the counterpart. The name of the source group is only a fallback.
"""

from collections.abc import Sequence

from auditor.domain.collections import ACCESS, GROUPS, PUSHED_GROUPS
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.okta import GroupPush
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import Group


def counterpart(snapshot: Snapshot, push: GroupPush) -> Group | None:
    """Return the Unleash group of a push; ``None``: it cannot be identified.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when no list of groups was read.
    """
    access = snapshot.get(ACCESS) if snapshot.lacks(GROUPS) else None
    groups = access.groups if access else snapshot[GROUPS]
    names = {each.id: each.name for each in snapshot.get(PUSHED_GROUPS) or ()}
    # If Okta names the target, a group with the name of the source is not the counterpart: no
    # fallback.
    if name := names.get(push.target_group_id or ""):
        return _only(groups, name)
    name = names.get(push.source_group_id)
    return _only(groups, name) if name else None


def _only(groups: Sequence[Group], name: str) -> Group | None:
    # Of two groups with one name, Okta pushes to one, and nothing shows to which.
    found = [each for each in groups if normalize_login(each.name) == normalize_login(name)]
    return found[0] if len(found) == 1 else None
