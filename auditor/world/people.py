"""Who is who: the people of Okta and the accounts of Unleash, joined once. Pure.

Each link says what it rests on. The identity that SCIM gave comes first, then the mapped email,
then the login, then the application username; who is linked by one is out of play for the next.
What does not fit one to one is ambiguous and linked to neither.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from auditor.world.okta import Assignment, Standing
from auditor.world.snapshot import (
    ACCESS,
    ASSIGNMENTS,
    OTHER_ASSIGNMENTS,
    SELF,
    SERVICE_ACCOUNTS,
    USERS,
    NotSeen,
    Snapshot,
)
from auditor.world.unleash import User

T = TypeVar("T")


class Link(StrEnum):
    """What ties an assignment to an account."""

    SCIM_ID = "SCIM id"
    EMAIL = "mapped email"
    LOGIN = "login"
    USERNAME = "application username"


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """An assignment and the account in Unleash that belongs to it, if there is one."""

    okta: Assignment
    account: User | None = None
    basis: Link | None = None
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
        """Say why it is ambiguous: ``by login: user 4, user 7``."""
        found = ", ".join(f"user {each.id}" for each in self.candidates)
        rivals = "" if len(self.candidates) > 1 else ", which fits several people"
        return f"{self.okta.label} cannot be told apart by {self.basis}: {found}{rivals}"


class People(Struct, frozen=True, kw_only=True, dict=True):
    """The join of one snapshot."""

    persons: tuple[Person, ...]
    """In the order of the assignments."""

    strangers: tuple[User, ...]
    """Accounts that belong to no assignment; neither ambiguous ones nor the auditor's own."""

    elsewhere: frozenset[int]
    """Ids of accounts that another app of the org, feeding the same Unleash, provisions."""

    ids_disproved: bool
    """Both sides carry SCIM ids and not one matches: they are not the same kind of id."""

    @cached_property
    def ties(self) -> str:
        """Say in a few words what the links rest on: ``SCIM id 12, login 1``."""
        counts = Counter(person.basis for person in self.persons if person.account)
        said = ", ".join(f"{basis} {counts[basis]}" for basis in Link if basis in counts)
        disproved = "; SCIM ids of the two sides never match" if self.ids_disproved else ""
        return f"people linked by {said or 'nothing'}{disproved}"

    def accounts(self) -> Iterator[tuple[User, Person | None]]:
        """Yield each account of a person with its owner, if that is known."""
        for person in self.persons:
            if person.account:
                yield person.account, person
        for account in (*self.ambiguous.values(), *self.strangers):
            yield account, None

    @cached_property
    def by_okta_id(self) -> Mapping[str, Person]:
        """Find a person by Okta user id."""
        return {person.okta.user_id: person for person in self.persons}

    @cached_property
    def by_account_id(self) -> Mapping[int, Person]:
        """Find a person by Unleash user id."""
        return {person.account.id: person for person in self.persons if person.account}

    @cached_property
    def ambiguous(self) -> Mapping[int, User]:
        """Accounts, by id, of which it could not be said whose they are."""
        contested = {id(each.candidates): each.candidates for each in self.persons}
        return {account.id: account for each in contested.values() for account in each}


def join(snapshot: Snapshot) -> People:
    """Link each assignment to its account; linear in people.

    Raises :class:`~auditor.world.snapshot.NotSeen` when the assignments or the users are missing.
    """
    assignments = snapshot[ASSIGNMENTS]
    accounts = _accounts_of_people(snapshot)
    persons, free = _match(assignments, accounts)
    own = snapshot.get(SELF)
    strangers = tuple(each for each in free.values() if not own or each.id != own.user_id)
    for okta in assignments:
        persons.setdefault(okta.user_id, Person(okta=okta))
    for user_id, also in _also(assignments, strangers).items():
        persons[user_id] = replace(persons[user_id], also=also)
    return People(
        persons=tuple(persons[okta.user_id] for okta in assignments),
        strangers=strangers,
        elsewhere=_elsewhere(snapshot, accounts),
        ids_disproved=any(okta.external_id for okta in assignments)
        and any(account.is_scim_managed for account in accounts)
        and not any(person.basis is Link.SCIM_ID for person in persons.values()),
    )


def fold(value: str | None) -> str | None:
    """Make emails, logins and usernames comparable: Unleash keeps emails in lower case."""
    return value.casefold() if value else None


_KEYS: tuple[tuple[Link, Callable[[Assignment], str | None], Callable[[User], str | None]], ...] = (
    (Link.SCIM_ID, lambda okta: okta.external_id, lambda account: account.scim_id or None),
    (Link.EMAIL, lambda okta: fold(okta.email), lambda account: fold(account.email)),
    (Link.LOGIN, lambda okta: fold(okta.login), lambda account: fold(account.email)),
    (Link.USERNAME, lambda okta: fold(okta.username), lambda account: fold(account.username)),
)


def _match(
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


class _Index(Generic[T]):
    """Things by a key that is nearly always their own."""

    def __init__(self, each_of: Iterable[T], key_of: Callable[[T], str | None]) -> None:
        self.first: dict[str, T] = {}
        self.rest: defaultdict[str, list[T]] = defaultdict(list)
        for each in each_of:
            if (key := key_of(each)) and self.first.setdefault(key, each) is not each:
                self.rest[key].append(each)

    def __getitem__(self, key: str) -> tuple[T, ...]:
        """Return all that have this key, in their order."""
        if key not in self.first:
            return ()
        return (self.first[key], *self.rest.get(key, ()))


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


def _also(
    assignments: Iterable[Assignment], strangers: Sequence[User]
) -> Mapping[str, tuple[User, ...]]:
    """Find the accounts of nobody that carry a name of exactly one person, by Okta user id."""
    reached: defaultdict[int, set[str]] = defaultdict(set)
    for account, okta in carriers(assignments, strangers):
        reached[account.id].add(okta.user_id)
    also: defaultdict[str, tuple[User, ...]] = defaultdict(tuple)
    for account in strangers:
        owners = reached.get(account.id, ())
        if len(owners) == 1:
            also[next(iter(owners))] += (account,)
    return also


def _elsewhere(snapshot: Snapshot, accounts: Sequence[User]) -> frozenset[int]:
    others = snapshot.get(OTHER_ASSIGNMENTS) or ()
    living = [okta for okta in others if okta.standing is not Standing.INACTIVE]
    _, free = _match(living, accounts)
    return frozenset(account.id for account in accounts) - free.keys() if living else frozenset()


def _accounts_of_people(snapshot: Snapshot) -> tuple[User, ...]:
    """Leave out service accounts; take the lesser list if there is no other."""
    users = snapshot.get(USERS)
    access = snapshot.get(ACCESS)
    if users is None and access is None:
        raise NotSeen(USERS, snapshot.why_missing(USERS))
    listed = users.users if users else access.users if access else ()
    machines = {account.id for account in snapshot.get(SERVICE_ACCOUNTS) or ()}
    return tuple(account for account in listed if account.id not in machines)
