"""The members of a pushed group against those of its counterpart in Unleash. Pure."""

from msgspec import Struct

from auditor.domain.identity.group_counterpart import counterpart
from auditor.domain.identity.matching import Person
from auditor.domain.identity.people import People

__all__ = ["Difference", "counterpart", "difference"]


class Difference(Struct, frozen=True, kw_only=True):
    """Members that only one side has."""

    missing: tuple[Person, ...]
    """Active users with an account who are members in Okta only."""

    extra: tuple[Person, ...]
    """Users who are members in Unleash only, with any status.

    Okta does not send the removal of a STAGED user from a pushed group (metabase #48276).
    """


def difference(people: People, expected: frozenset[str], actual: frozenset[int]) -> Difference:
    """Compare Okta user ids with Unleash user ids. Users without an assignment do not count."""
    should = [people.by_okta_id[user_id] for user_id in expected if user_id in people.by_okta_id]
    does = [people.by_account_id[each] for each in actual if each in people.by_account_id]
    return Difference(
        missing=tuple(
            each
            for each in should
            if each.okta.is_active and each.account and each.account.id not in actual
        ),
        extra=tuple(each for each in does if each.okta.user_id not in expected),
    )
