"""The join of the users of Okta and the accounts of Unleash. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import UNSET, Struct
from msgspec.structs import replace

from auditor.domain.collections import (
    ACCESS,
    ASSIGNMENTS,
    OTHER_ASSIGNMENTS,
    SELF,
    SERVICE_ACCOUNTS,
    USERS,
)
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.matching import IdentityLink, Person, carriers, match
from auditor.domain.okta import Assignment, AssignmentStatus
from auditor.domain.snapshot import DataMissing, Snapshot
from auditor.domain.unleash import User

__all__ = ["IdentityLink", "People", "Person", "join", "normalize_login"]


class People(Struct, frozen=True, kw_only=True, dict=True):
    """The join of one snapshot."""

    persons: tuple[Person, ...]
    """In the order of the assignments."""

    strangers: tuple[User, ...]
    """Accounts without a link, except ambiguous ones and the auditor's own."""

    elsewhere: frozenset[int]
    """Ids of accounts that another app of the org provisions into the same Unleash."""

    ids_disproved: bool
    """Both sides have SCIM ids and none matches, so a SCIM id links no user."""

    ids_unread: bool = False
    """Reduced mode: ``/access`` replaced the user list, so no account has a SCIM id."""

    @cached_property
    def ties(self) -> str:
        """The bases of the links: ``13 users linked: 12 by SCIM id, 1 by login``."""
        counts = Counter(person.basis for person in self.persons if person.account)
        bases = ", ".join(
            f"{counts[basis]} by {basis}" for basis in IdentityLink if basis in counts
        )
        users = f"{counts.total()} {'user' if counts.total() == 1 else 'users'} linked"
        suffix = (
            " SCIM ids do not match on either side, so links by SCIM id are not used."
            if self.ids_disproved
            else ""
        )
        return f"{users}{f': {bases}' if bases else ''}.{suffix}"

    def needs_id(self, person: Person) -> bool:
        """Whether only the SCIM id, which was not read, shows which account is this user's."""
        return (
            self.ids_unread
            and person.okta.external_id is not None
            and person.basis is not IdentityLink.SCIM_ID
        )

    @cached_property
    def deviating(self) -> tuple[Person, ...]:
        """The users who are not as expected; rules about accounts have results for these only.

        Most of 100,000 users are as expected. Checked once here, they are checked by no rule again.
        """
        return tuple(person for person in self.persons if not person.is_as_expected)

    def accounts(self) -> Iterator[tuple[User, Person | None]]:
        """Yield each account with its linked user, if any."""
        return self._accounts_of(self.persons)

    def deviating_accounts(self) -> Iterator[tuple[User, Person | None]]:
        """Yield each account with its linked user, except those of users who are as expected."""
        return self._accounts_of(self.deviating)

    def _accounts_of(self, persons: Iterable[Person]) -> Iterator[tuple[User, Person | None]]:
        for person in persons:
            if person.account:
                yield person.account, person
        for account in (*self.ambiguous.values(), *self.strangers):
            yield account, None

    @cached_property
    def by_okta_id(self) -> Mapping[str, Person]:
        """Users by Okta user id."""
        return {person.okta.user_id: person for person in self.persons}

    @cached_property
    def by_account_id(self) -> Mapping[int, Person]:
        """Users by the Unleash user id of their account."""
        return {person.account.id: person for person in self.persons if person.account}

    @cached_property
    def ambiguous(self) -> Mapping[int, User]:
        """Accounts of ambiguous matches, by Unleash user id."""
        # An account belongs to one match at most, so the first account identifies the match.
        # Reading each match once keeps this linear.
        contested = {
            each.candidates[0].id: each.candidates for each in self.deviating if each.candidates
        }
        return {account.id: account for each in contested.values() for account in each}


def join(snapshot: Snapshot) -> People:
    """Link each assignment to its account; linear in the number of users.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the assignments or the users are
    missing.
    """
    assignments = snapshot[ASSIGNMENTS]
    accounts = _accounts_of_people(snapshot)
    ids_unread = snapshot.get(USERS) is None and any(each.scim_id is UNSET for each in accounts)
    persons, free = match(assignments, accounts)
    own = snapshot.get(SELF)
    strangers = tuple(each for each in free.values() if not own or each.id != own.user_id)
    if also := _also(assignments, strangers):
        persons = tuple(
            replace(each, also=also[each.okta.user_id]) if each.okta.user_id in also else each
            for each in persons
        )
    return People(
        persons=persons,
        strangers=strangers,
        elsewhere=_elsewhere(snapshot, accounts),
        ids_unread=ids_unread,
        ids_disproved=any(okta.external_id for okta in assignments)
        and any(account.is_scim_managed for account in accounts)
        and not any(person.basis is IdentityLink.SCIM_ID for person in persons),
    )


def _also(
    assignments: Iterable[Assignment], strangers: Sequence[User]
) -> Mapping[str, tuple[User, ...]]:
    """Return the unlinked accounts that carry a name of exactly one user, by Okta user id."""
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
    # An assignment that has ended provisions nothing.
    current = [okta for okta in others if okta.state is not AssignmentStatus.INACTIVE]
    if not current:
        return frozenset()
    _, free = match(current, accounts)
    # An ambiguous match counts too: the account can be one that the other app provisions.
    return frozenset(account.id for account in accounts) - free.keys()


def _accounts_of_people(snapshot: Snapshot) -> tuple[User, ...]:
    """Return the accounts without service accounts; ``/access`` replaces a missing user list."""
    users = snapshot.get(USERS)
    access = snapshot.get(ACCESS)
    listed = users.users if users else access.users if access else None
    if listed is None:
        raise DataMissing(USERS, snapshot.why_missing(USERS))
    machines = {account.id for account in snapshot.get(SERVICE_ACCOUNTS) or ()}
    # A list, because making a tuple of a generator is slower, and there can be 100,000 accounts.
    return tuple([account for account in listed if account.id not in machines])
