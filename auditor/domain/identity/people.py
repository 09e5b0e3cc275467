"""Who is who: the people of Okta and the accounts of Unleash, joined once. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import (
    ACCESS,
    ASSIGNMENTS,
    OTHER_ASSIGNMENTS,
    SELF,
    SERVICE_ACCOUNTS,
    USERS,
)
from auditor.domain.identity.matching import IdentityLink, Person, carriers, match, normalize_login
from auditor.domain.okta import Assignment, AssignmentStatus
from auditor.domain.snapshot import DataMissing, Snapshot
from auditor.domain.unleash import User

__all__ = ["IdentityLink", "People", "Person", "join", "normalize_login"]


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
        said = ", ".join(f"{basis} {counts[basis]}" for basis in IdentityLink if basis in counts)
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

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the assignments or the users are
    missing.
    """
    assignments = snapshot[ASSIGNMENTS]
    accounts = _accounts_of_people(snapshot)
    persons, free = match(assignments, accounts)
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
        and not any(person.basis is IdentityLink.SCIM_ID for person in persons.values()),
    )


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
    living = [okta for okta in others if okta.state is not AssignmentStatus.INACTIVE]
    _, free = match(living, accounts)
    return frozenset(account.id for account in accounts) - free.keys() if living else frozenset()


def _accounts_of_people(snapshot: Snapshot) -> tuple[User, ...]:
    """Leave out service accounts; take the lesser list if there is no other."""
    users = snapshot.get(USERS)
    access = snapshot.get(ACCESS)
    if users is None and access is None:
        raise DataMissing(USERS, snapshot.why_missing(USERS))
    listed = users.users if users else access.users if access else ()
    machines = {account.id for account in snapshot.get(SERVICE_ACCOUNTS) or ()}
    return tuple(account for account in listed if account.id not in machines)
