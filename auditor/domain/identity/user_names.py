"""The users who have one of some names. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from auditor.domain.identity.comparison import normalize_login
from auditor.domain.okta import Assignment


def users_by_name(
    assignments: Iterable[Assignment], names: AbstractSet[str]
) -> defaultdict[str, set[str]]:
    """Return the Okta user ids of each name: a login, an application username or a mapped email.

    ``names`` are normalized. Only they are indexed, because an app can have 100,000 users, and
    events ask for a few.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in assignments if names else ():
        # A set, because the three are one value for most users.
        for name in {each.login, each.username, each.email}:
            if (key := normalize_login(name)) in names and key:
                found[key].add(each.user_id)
    return found
