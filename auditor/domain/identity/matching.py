"""The links between assignments and accounts. Pure, and linear in the number of users.

Four bases are tried in order: SCIM id, mapped email, login, application username. A user who is
linked by one basis is not tried by the next. A match that is not one to one is ambiguous, and
links nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from auditor.domain.identity.comparison import is_same_login, normalize_login
from auditor.domain.okta import Assignment, AssignmentStatus
from auditor.domain.unleash import User


class IdentityLink(StrEnum):
    """The value that an assignment and an account have in common."""

    SCIM_ID = "SCIM id"
    EMAIL = "mapped email"
    LOGIN = "login"
    USERNAME = "application username"


# gc=False: there can be 100,000 of these records, and none is part of a reference cycle.
class Person(Struct, frozen=True, kw_only=True, gc=False):
    """An assignment and the Unleash account that is linked to it, if any."""

    okta: Assignment
    account: User | None = None
    basis: IdentityLink | None = None
    candidates: tuple[User, ...] = ()
    """Accounts of an ambiguous match; then ``account`` is ``None``."""

    also: tuple[User, ...] = ()
    """Unlinked accounts that carry the email, login or username of this user only."""

    @property
    def is_ambiguous(self) -> bool:
        """Whether several accounts, or several users, match."""
        return bool(self.candidates)

    @property
    def is_as_expected(self) -> bool:
        """Whether an active user has one account, by its SCIM id, and its email is the login."""
        return (
            self.basis is IdentityLink.SCIM_ID
            and self.account is not None
            and not self.also
            and self.okta.state is AssignmentStatus.ACTIVE
            and is_same_login(self.account.email, self.okta.login) is True
        )

    @property
    def puzzle(self) -> str:
        """Return why the link is ambiguous: ``2 Unleash accounts match; the link is ambiguous``."""
        if len(self.candidates) > 1:
            return f"{len(self.candidates)} Unleash accounts match; the link is ambiguous"
        return f"user {self.candidates[0].id} matches several Okta users; the link is ambiguous"


T = TypeVar("T")


_KEYS: tuple[
    tuple[IdentityLink, Callable[[Assignment], str | None], Callable[[User], str | None]], ...
] = (
    # An id is case-sensitive (RFC 7643, 3.1). The other values ignore case, as Unleash does.
    (
        IdentityLink.SCIM_ID,
        lambda okta: okta.external_id,
        lambda account: account.scim_id or None,
    ),
    (
        IdentityLink.EMAIL,
        lambda okta: normalize_login(okta.email),
        lambda account: normalize_login(account.email),
    ),
    (
        IdentityLink.LOGIN,
        lambda okta: normalize_login(okta.login),
        # SCIM sends one email. If the mapping is not the login, an earlier mapping can have sent
        # the login.
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
) -> tuple[tuple[Person, ...], dict[int, User]]:
    """Link assignments to accounts.

    Returns a user for each assignment, in their order, and the accounts that match no assignment
    by Unleash user id.
    """
    persons: list[Person | None] = [None] * len(assignments)
    free = {account.id: account for account in accounts}
    waiting: Sequence[int] = range(len(assignments))
    for basis, of_okta, of_account in _KEYS:
        if not free:
            break
        theirs = _Index(free.values(), of_account)
        if not theirs.first:  # for example, no account has a SCIM id
            continue
        keys = [of_okta(assignments[position]) for position in waiting]
        repeated = {key for key, times in Counter(keys).items() if times > 1}
        contested: dict[str, tuple[User, ...]] = {}
        unmatched = []
        for position, key in zip(waiting, keys, strict=True):
            account = theirs.first.get(key) if key else None
            if key is None or account is None:
                unmatched.append(position)
                continue
            okta = assignments[position]
            if key not in repeated and key not in theirs.rest:
                persons[position] = Person(okta=okta, account=account, basis=basis)
                del free[account.id]
                continue
            if key not in contested:
                contested[key] = theirs[key]
                for each in contested[key]:
                    del free[each.id]
            persons[position] = Person(okta=okta, basis=basis, candidates=contested[key])
        waiting = unmatched
    linked = zip(persons, assignments, strict=True)
    return tuple([person or Person(okta=okta) for person, okta in linked]), free


def carriers(
    assignments: Iterable[Assignment], accounts: Sequence[User]
) -> Iterator[tuple[User, Assignment]]:
    """Yield each account with each user who has its email, as email or login, or its username."""
    by_email = _Index(accounts, lambda account: normalize_login(account.email))
    by_username = _Index(accounts, lambda account: normalize_login(account.username))
    wanted = by_email.first.keys() | by_username.first.keys()
    for okta in assignments if wanted else ():
        # A set, because the four are one value for most users, and few users have a wanted one.
        for name in {okta.email, okta.login, okta.okta_email, okta.username}:
            if normalize_login(name) in wanted:
                break
        else:
            continue
        for name in {okta.email, okta.login, okta.okta_email}:
            if (key := normalize_login(name)) and key in by_email.first:
                yield from ((account, okta) for account in by_email[key])
        if (key := normalize_login(okta.username)) and key in by_username.first:
            yield from ((account, okta) for account in by_username[key])


class _Index(Generic[T]):
    """Items by a key that is nearly always unique."""

    def __init__(self, each_of: Iterable[T], key_of: Callable[[T], str | None]) -> None:
        self.first: dict[str, T] = {}
        self.rest: defaultdict[str, list[T]] = defaultdict(list)
        for each in each_of:
            if (key := key_of(each)) and self.first.setdefault(key, each) is not each:
                self.rest[key].append(each)

    def __getitem__(self, key: str) -> tuple[T, ...]:
        """Return all items with this key, in their order; at least one."""
        return (self.first[key], *self.rest.get(key, ()))
