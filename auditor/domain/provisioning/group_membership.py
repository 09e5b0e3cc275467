"""A pushed group and its counterpart in Unleash: group push goes by name. Pure."""

from msgspec import Struct

from auditor.domain.collections import ACCESS, GROUPS
from auditor.domain.context import RuleContext
from auditor.domain.identity.matching import Person, normalize_login
from auditor.domain.identity.people import People
from auditor.domain.okta import PushedGroup
from auditor.domain.unleash import Group


class Difference(Struct, frozen=True, kw_only=True):
    """Members that one side has and the other has not; only active people with an account."""

    missing: tuple[Person, ...]
    """In the group of Okta, not in that of Unleash."""

    left_over: tuple[Person, ...]
    """The other way round."""


def counterpart(context: RuleContext, source: PushedGroup) -> Group | None:
    """Return the group of Unleash that a pushed group becomes; ``None``: there is none.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when no list of groups was seen.
    """
    access = context.get(ACCESS) if context.lacks(GROUPS) else None
    groups = access.groups if access else context[GROUPS]
    return next(
        (group for group in groups if normalize_login(group.name) == normalize_login(source.name)),
        None,
    )


def difference(people: People, wanted: frozenset[str], arrived: frozenset[int]) -> Difference:
    """Compare Okta user ids with Unleash user ids; who is not assigned does not count."""
    should = [people.by_okta_id[user_id] for user_id in wanted if user_id in people.by_okta_id]
    does = [people.by_account_id[each] for each in arrived if each in people.by_account_id]
    return Difference(
        missing=tuple(
            each
            for each in should
            if each.okta.is_active and each.account and each.account.id not in arrived
        ),
        left_over=tuple(
            each for each in does if each.okta.is_active and each.okta.user_id not in wanted
        ),
    )
