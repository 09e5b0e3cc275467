"""Initial worlds: one that follows the guide, and one with very many people."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from auditor.sandbox.model.accounts import Account
from auditor.sandbox.model.clock import Clock
from auditor.sandbox.model.ids import CANARY
from auditor.sandbox.model.org import Assignment, Person
from auditor.sandbox.worlds.empty_world import EmptyWorld
from auditor.sandbox.worlds.names import login_of, names

Scene = TypeVar("Scene", bound=EmptyWorld)

AGE = timedelta(days=60)


def grow(
    kind: type[Scene],
    *,
    people: int,
    at: datetime | None,
    ago: timedelta = timedelta(),
    seed: int,
) -> Scene:
    """Let a world follow the guide for sixty days, which ended `ago` before `at`.

    Every fourth person's email is not their login: that is allowed, and what a wrong
    mapping affects.
    """
    end = (at or datetime.now(UTC)) - ago
    world = kind(clock=Clock(end - AGE, runs=at is None), seed=seed)
    world.add_person("mira.torres@example.com", "Mira", "Torres", title="Identity engineer")
    world.add_app("Wiki")
    users = world.add_group("Unleash users")
    world.assign_group(users)
    for number, (first, last) in enumerate(islice(names(), people)):
        login = login_of(first, last)
        person = world.add_person(
            login,
            first,
            last,
            email=f"{login[0]}{number}@mail.example.org" if number % 4 == 1 else None,
            title=("Engineer", "Product manager", "Designer")[number % 3],
            user_type="contractor" if number % 5 == 4 else "user",  # noqa: PLR2004 -- one in five
        )
        world.add_member(users, person)
        world.clock.travel(world.now + AGE / 2 / people)
    everyone = list(world.app.assignments)
    world.add_group("Unleash Admins", everyone[:2])
    world.add_group("Unleash Editors", everyone[2:5])
    for name, role in (("Unleash Admins", "Admin"), ("Unleash Editors", "Editor")):
        world.push_group(name)
        world.set_team_role(name, role)
    world.clock.travel(end)
    for account in world.unleash.people:
        world.see(account, days_ago=3)
    return world


def grow_crowd(kind: type[Scene], *, people: int, at: datetime | None, seed: int) -> Scene:
    """Add very many people at once: no log, no one-by-one pushes, the same outcome."""
    world = grow(kind, people=4, at=at, seed=seed)
    created = world.now - AGE / 2
    types = [world.user_type("user").id, world.user_type("contractor").id]
    for number in range(people):
        login = f"person{number:06d}@example.com"
        first, last = f"Given{number % 997}", f"Family{number:06d}"
        email = login if number % 2 else f"p{number}@mail.example.org"
        person = Person(
            id=world.ids.okta("00u"),
            type_id=types[number % 10 == 0],
            status="ACTIVE",
            profile={
                "login": login,
                "email": email,
                "firstName": first,
                "lastName": last,
                "displayName": f"{first} {last}",
            },
            created_at=created,
            changed_at=created,
            status_changed_at=created,
        )
        account = Account(
            id=world.unleash.last_account_id + 1,
            created_at=created,
            name=f"{first} {last}",
            username=login,
            email=login,
            scim_id=world.ids.scim(),
            invite=f"{CANARY}-invite-{number}",
        )
        world.okta.people[person.id] = person
        world.unleash.add(account)
        world.app.assignments[person.id] = Assignment(
            person_id=person.id,
            scope="GROUP",
            status="PROVISIONED",
            username=login,
            profile={
                "givenName": first,
                "familyName": last,
                "email": login,
                "emailType": "work",
                "displayName": f"{first} {last}",
            },
            created_at=created,
            changed_at=created,
            status_changed_at=created,
            external_id=account.scim_id,
            synced_at=created,
        )
    return world
