"""Which account is whose, by one basis after the other. Pure, and linear in people.

The identity that SCIM gave comes first, then the mapped email, then the login, then the
application username; who is linked by one is out of play for the next. What does not fit one to
one is ambiguous and linked to neither.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from auditor.domain.okta import Assignment
from auditor.domain.unleash import User


class IdentityLink(StrEnum):
    """What ties an assignment to an account."""

    SCIM_ID = "SCIM id"
    EMAIL = "mapped email"
    LOGIN = "login"
    USERNAME = "application username"


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """An assignment and the account in Unleash that belongs to it, if there is one."""

    okta: Assignment
    account: User | None = None
    basis: IdentityLink | None = None
    candidates: tuple[User, ...] = ()
    """Accounts that would fit, when they cannot be told apart; then ``account`` is ``None``."""

    also: tuple[User, ...] = ()
    """Nobody's accounts that carry this person's email, login or username, and no one else's."""

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether it could not be said which account is theirs."""
        return bool(self.candidates)

    @property
    def puzzle(self) -> str:
        """Say why it is ambiguous: ``Ada cannot be told apart by login: user 4, user 7``."""
        found = ", ".join(f"user {each.id}" for each in self.candidates)
        rivals = "" if len(self.candidates) > 1 else ", which fits several people"
        return f"{self.okta.label} cannot be told apart by {self.basis}: {found}{rivals}"


T = TypeVar("T")


def normalize_login(value: str | None) -> str | None:
    """Make emails, logins and usernames comparable: Unleash keeps emails in lower case."""
    return value.casefold() if value else None


_KEYS: tuple[
    tuple[IdentityLink, Callable[[Assignment], str | None], Callable[[User], str | None]], ...
] = (
    (IdentityLink.SCIM_ID, lambda okta: okta.external_id, lambda account: account.scim_id or None),
    (
        IdentityLink.EMAIL,
        lambda okta: normalize_login(okta.email),
        lambda account: normalize_login(account.email),
    ),
    (
        IdentityLink.LOGIN,
        lambda okta: normalize_login(okta.login),
        lambda account: normalize_login(account.email),
    ),
    (
        IdentityLink.USERNAME,
        lambda okta: normalize_login(okta.username),
        lambda account: normalize_login(account.username),
    ),
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
    by_email = _Index(accounts, lambda account: normalize_login(account.email))
    by_username = _Index(accounts, lambda account: normalize_login(account.username))
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
