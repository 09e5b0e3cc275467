"""The data of the scenarios: as little of an audit's data as decides about admin access. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_fields

from msgspec.structs import replace

from auditor.domain.collections import ASSIGNMENTS, OTHER_ASSIGNMENTS, USERS
from auditor.domain.context import RuleContext
from auditor.domain.identity.people import People
from auditor.domain.okta import Assignment
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import User, Users
from auditor.domain.waivers import Attestation


@dataclass(frozen=True, slots=True)
class ScenarioData:
    """The data that all scenarios share.

    Each scenario changes and reads only the accounts and assignments that decide, not 100,000 users
    again, and the users are joined only once.
    """

    context: RuleContext
    """The audited data, complete."""

    people: People | None
    """``None``: the data for the join is missing."""

    strangers: frozenset[int]
    """Unleash user ids of the accounts that no user is linked to."""

    deciding: RuleContext
    """The same data with the deciding accounts and assignments only."""

    @classmethod
    def of(cls, context: RuleContext) -> "ScenarioData":
        """Choose the accounts and assignments that decide."""
        people = context.people_if_read()
        read = dict(context.snapshot.read)
        if (users := context.get(USERS)) is not None:
            read[USERS.name] = replace(users, users=tuple(_deciding_accounts(context, users)))
        for collection in (ASSIGNMENTS, OTHER_ASSIGNMENTS):
            if (assignments := context.get(collection)) is not None:
                read[collection.name] = tuple(_deciding_assignments(context, assignments))
        snapshot = replace_fields(context.snapshot, read=read)
        return cls(
            context=context,
            people=people,
            strangers=frozenset(each.id for each in people.strangers) if people else frozenset(),
            deciding=RuleContext(snapshot, context.attestations, joined=people),
        )

    def context_of(self, world: Snapshot, attestations: tuple[Attestation, ...]) -> RuleContext:
        """Return the context of a scenario, joined again only if the scenario affects the join."""
        if self.people is None or self._changed(world) <= self.strangers:
            return RuleContext(world, attestations, joined=self.people)
        return RuleContext(self._completed(world), attestations)

    def _changed(self, world: Snapshot) -> frozenset[int]:
        """Return the Unleash user ids of the accounts that the scenario changes or removes."""
        before = self.deciding.get(USERS)
        if before is None:
            return frozenset()
        remaining = {each.id: each for each in world[USERS].users}
        return frozenset(each.id for each in before.users if remaining.get(each.id) != each)

    def _completed(self, world: Snapshot) -> Snapshot:
        """Return the world with all accounts and assignments, as a new join needs them."""
        everyone, changed = self.context[USERS], self._changed(world)
        after = {each.id: each for each in world[USERS].users if each.id in changed}
        users = tuple(
            after.get(each.id, each)
            for each in everyone.users
            if each.id in after or each.id not in changed
        )
        complete = {
            each.name: self.context.snapshot.read[each.name]
            for each in (ASSIGNMENTS, OTHER_ASSIGNMENTS)
            if each.name in world.read
        }
        read = {**world.read, **complete, USERS.name: replace(everyone, users=users)}
        return replace_fields(world, read=read)


def _deciding_accounts(context: RuleContext, users: Users) -> Iterator[User]:
    """Yield the admins, the accounts that can be admins, and two of the others.

    An instance without users is a case of its own, so after the end of one account another one
    must be left.
    """
    admins = context.admins.ids
    for number, each in enumerate(users.users):
        if each.id in admins or each.root_role is None or number < 2:  # noqa: PLR2004  (see above)
            yield each


def _deciding_assignments(
    context: RuleContext, assignments: tuple[Assignment, ...]
) -> Iterator[Assignment]:
    """Yield those of the users who have a name of a direct admin, and those without a login.

    An assignment without a login can be that of any admin (direct_admins.py).
    """
    owners = {each.owner.user_id for each in context.admins.recovery.admins if each.owner}
    return (each for each in assignments if each.user_id in owners or not each.login)
