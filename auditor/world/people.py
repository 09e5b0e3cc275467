"""Who is who: the people of Okta and the accounts of Unleash, joined once. Pure.

Each link says what it rests on. The identity that SCIM gave comes first, then the mapped email,
then the login, then the application username. What fits two is ambiguous and linked to neither.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from auditor.config.target import Exclusions
from auditor.world.okta import Assignment
from auditor.world.snapshot import (
    ACCESS,
    ASSIGNMENTS,
    EXCLUDED_GROUP,
    SELF,
    SERVICE_ACCOUNTS,
    USERS,
    NotSeen,
    Snapshot,
)
from auditor.world.unleash import User


class Basis(StrEnum):
    """What a link between an assignment and an account rests on."""

    SCIM_ID = "SCIM id"
    EMAIL = "mapped email"
    LOGIN = "login"
    USERNAME = "application username"


@dataclass(frozen=True, slots=True)
class Person:
    """An assignment and the account in Unleash that belongs to it, if there is one."""

    okta: Assignment
    account: User | None = None
    basis: Basis | None = None
    candidates: tuple[User, ...] = ()
    """Accounts that would fit, when they cannot be told apart; then ``account`` is ``None``."""

    also: tuple[User, ...] = ()
    """Further accounts that carry this person's email, login or application username."""

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether it could not be said which account is theirs."""
        return bool(self.candidates)


@dataclass(frozen=True, eq=False)
class People:
    """The join of one snapshot."""

    persons: tuple[Person, ...]
    strangers: tuple[User, ...]
    """Accounts that belong to no assignment, ambiguous ones left out."""

    ids_disproved: bool
    """Both sides carry SCIM ids and not one matches: they are not the same kind of id."""

    @cached_property
    def by_okta_id(self) -> Mapping[str, Person]:
        """Find a person by Okta user id."""
        return {person.okta.user_id: person for person in self.persons}

    @cached_property
    def by_account_id(self) -> Mapping[int, Person]:
        """Find a person by Unleash user id."""
        return {person.account.id: person for person in self.persons if person.account}


_KEYS: tuple[tuple[Basis, Callable[[Assignment], str | None], Callable[[User], object]], ...] = (
    (Basis.SCIM_ID, lambda okta: okta.external_id, lambda account: account.scim_id),
    (Basis.EMAIL, lambda okta: _fold(okta.email), lambda account: _fold(account.email)),
    (Basis.LOGIN, lambda okta: _fold(okta.login), lambda account: _fold(account.email)),
    (Basis.USERNAME, lambda okta: _fold(okta.username), lambda account: _fold(account.username)),
)


def join(snapshot: Snapshot) -> People:
    """Link each assignment to its account; linear in people.

    Raises :class:`~auditor.world.snapshot.NotSeen` when the assignments or the users are missing.
    """
    assignments = snapshot[ASSIGNMENTS]
    accounts = _people_only(snapshot)
    links: dict[str, tuple[Basis, tuple[User, ...]]] = {}
    claims: defaultdict[int, list[str]] = defaultdict(list)
    reach: dict[str, list[User]] = {}
    for basis, of_okta, of_account in _KEYS:
        index = _index(accounts, of_account)
        for okta in assignments:
            key = of_okta(okta)
            found = index.get(key, ()) if key else ()
            if not found:
                continue
            if okta.user_id not in links:
                links[okta.user_id] = (basis, tuple(found))
                for account in found:
                    claims[account.id].append(okta.user_id)
            else:
                reach.setdefault(okta.user_id, []).extend(found)
    persons = tuple(_person(okta, links, claims, reach) for okta in assignments)
    return People(
        persons=persons,
        strangers=tuple(account for account in accounts if account.id not in claims),
        ids_disproved=_ids_disproved(assignments, accounts, links),
    )


def _person(
    okta: Assignment,
    links: Mapping[str, tuple[Basis, tuple[User, ...]]],
    claims: Mapping[int, list[str]],
    reach: Mapping[str, list[User]],
) -> Person:
    link = links.get(okta.user_id)
    if link is None:
        return Person(okta)
    basis, found = link
    if len(found) > 1 or len(claims[found[0].id]) > 1:
        return Person(okta, candidates=found)
    others = {
        other.id: other
        for other in reach.get(okta.user_id, ())
        if other.id != found[0].id and set(claims.get(other.id, ())) <= {okta.user_id}
    }
    return Person(okta, found[0], basis, also=tuple(others.values()))


def _index(
    accounts: Iterable[User], key_of: Callable[[User], object]
) -> Mapping[Hashable, list[User]]:
    index: defaultdict[Hashable, list[User]] = defaultdict(list)
    for account in accounts:
        key = key_of(account)
        if isinstance(key, str) and key:
            index[key].append(account)
    return index


def _ids_disproved(
    assignments: Iterable[Assignment],
    accounts: Iterable[User],
    links: Mapping[str, tuple[Basis, tuple[User, ...]]],
) -> bool:
    both = any(okta.external_id for okta in assignments) and any(
        account.is_scim_managed for account in accounts
    )
    return both and not any(basis is Basis.SCIM_ID for basis, _ in links.values())


def _people_only(snapshot: Snapshot) -> tuple[User, ...]:
    """Leave out service accounts and the auditor's own account; take the lesser list if need be."""
    users = snapshot.get(USERS)
    access = snapshot.get(ACCESS)
    if users is None and access is None:
        raise NotSeen(USERS, snapshot.why_missing(USERS))
    listed = users.users if users else access.users if access else ()
    machines = {account.id for account in snapshot.get(SERVICE_ACCOUNTS) or ()}
    own = snapshot.get(SELF)
    if own and own.user_id is not None:
        machines.add(own.user_id)
    return tuple(account for account in listed if account.id not in machines)


def is_excluded(snapshot: Snapshot, account: User, okta_id: str | None = None) -> bool:
    """Tell whether the target's ``exclude`` leaves this account out."""
    exclude: Exclusions = snapshot.target.exclude
    ids = (str(account.id), okta_id) if okta_id else (str(account.id),)
    if exclude.covers(*ids, names=(account.email, account.username)):
        return True
    group = snapshot.get(EXCLUDED_GROUP)
    return bool(group and group.member_ids and okta_id in group.member_ids)


def _fold(value: str | None) -> str | None:
    return value.casefold() if value else None
