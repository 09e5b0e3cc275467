"""Which account is whose, by one basis after the other. Pure, and linear in people.

The identity that SCIM gave comes first, then the mapped email, then the login, then the
application username; who is linked by one is out of play for the next. What does not fit one to
one is ambiguous and linked to neither.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from auditor.world.okta import Assignment
from auditor.world.person import Link, Person
from auditor.world.unleash import User

T = TypeVar("T")


def fold(value: str | None) -> str | None:
    """Make emails, logins and usernames comparable: Unleash keeps emails in lower case."""
    return value.casefold() if value else None


_KEYS: tuple[tuple[Link, Callable[[Assignment], str | None], Callable[[User], str | None]], ...] = (
    (Link.SCIM_ID, lambda okta: okta.external_id, lambda account: account.scim_id or None),
    (Link.EMAIL, lambda okta: fold(okta.email), lambda account: fold(account.email)),
    (Link.LOGIN, lambda okta: fold(okta.login), lambda account: fold(account.email)),
    (Link.USERNAME, lambda okta: fold(okta.username), lambda account: fold(account.username)),
)


def match(
    assignments: Sequence[Assignment], accounts: Sequence[User]
) -> tuple[dict[str, Person], dict[int, User]]:
    """Return who has an account, or several that could be theirs, by Okta user id.

    And the accounts that nobody has, by Unleash user id.
    """
    persons: dict[str, Person] = {}
    free = {account.id: account for account in accounts}
    waiting = assignments
    for basis, of_okta, of_account in _KEYS:
        if not free:
            break
        theirs = _Index(free.values(), of_account)
        ours = _Index(waiting, of_okta)
        for key, okta in ours.first.items():
            account = theirs.first.get(key)
            if account is None:
                continue
            if key not in ours.rest and key not in theirs.rest:
                persons[okta.user_id] = Person(okta=okta, account=account, basis=basis)
                del free[account.id]
                continue
            found = theirs[key]
            for rival in ours[key]:
                persons[rival.user_id] = Person(okta=rival, basis=basis, candidates=found)
            for account in found:
                del free[account.id]
        waiting = [okta for okta in waiting if okta.user_id not in persons]
    return persons, free


def carriers(
    assignments: Iterable[Assignment], accounts: Sequence[User]
) -> Iterator[tuple[User, Assignment]]:
    """Yield accounts with whoever carries their email, as email or login, or their username."""
    by_email = _Index(accounts, lambda account: fold(account.email))
    by_username = _Index(accounts, lambda account: fold(account.username))
    for okta in assignments if accounts else ():
        for name in (okta.email, okta.login, okta.okta_email):
            if name and (key := name.casefold()) in by_email.first:
                yield from ((account, okta) for account in by_email[key])
        if okta.username and (key := okta.username.casefold()) in by_username.first:
            yield from ((account, okta) for account in by_username[key])


class _Index(Generic[T]):
    """Things by a key that is nearly always their own."""

    def __init__(self, each_of: Iterable[T], key_of: Callable[[T], str | None]) -> None:
        self.first: dict[str, T] = {}
        self.rest: defaultdict[str, list[T]] = defaultdict(list)
        for each in each_of:
            if (key := key_of(each)) and self.first.setdefault(key, each) is not each:
                self.rest[key].append(each)

    def __getitem__(self, key: str) -> tuple[T, ...]:
        """Return all that have this key, in their order; there is one at least."""
        return (self.first[key], *self.rest.get(key, ()))
