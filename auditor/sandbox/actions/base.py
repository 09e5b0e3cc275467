"""The base of all actions: the state, its lock, its searches and the decorator of actions."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TypeVar, cast

from auditor.sandbox.model.accounts import Account, Team
from auditor.sandbox.model.clock import Clock
from auditor.sandbox.model.ids import Ids
from auditor.sandbox.model.instance import Instance
from auditor.sandbox.model.org import (
    App,
    Assignment,
    Group,
    Org,
    Person,
    ProfileMapping,
    UserType,
)

Thing = TypeVar("Thing")
Method = TypeVar("Method", bound=Callable[..., object])
ACTION_NAMES: set[str] = set()

Who = Person | str
"""A person of the org, or their login, email or id."""
AccountRef = Account | int | str
"""An account of the instance, or its id, email or username."""


def action(method: Method) -> Method:
    """Mark a method as an action, which holds the lock of the state while it runs."""

    @wraps(method)
    def locked(world: "State", *args: object, **kwargs: object) -> object:
        with world.lock:
            return method(world, *args, **kwargs)

    ACTION_NAMES.add(method.__name__)
    return cast("Method", locked)


class State:
    """An org, an instance and a clock. Objects are found by the names that people use."""

    app_id: str
    """Id of the app that provisions Unleash."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 1) -> None:
        self.clock = clock or Clock(datetime.now(UTC), runs=True)
        self.ids = Ids(seed)
        # Reentrant, because an action can call other actions.
        self.lock = threading.RLock()
        self.okta = Org(id=self.ids.okta("00o"))
        self.unleash = Instance(id=self.ids.uuid())
        self.connector_refused = False
        """Whether Unleash refuses the connector's credentials."""
        self.refused_in_pushes_only = False
        """Whether a refusal is logged by failed pushes alone, without an event of its own."""
        self.log_delay = timedelta()
        """Time after an event until Okta's log shows it."""
        self.failing: dict[str, str] = {}
        """Why the pushes of a person fail, by Okta user id."""
        self.scheduled_deletions: dict[str, Assignment] = {}
        """Assignments that ended, whose accounts Okta deletes later, by Okta user id."""

    @property
    def now(self) -> datetime:
        """The time of the simulation, in UTC."""
        return self.clock.now

    @action
    def advance(self, **span: float) -> datetime:
        """Move the clock forward (`hours=1`, `days=3`) and return the new time."""
        self.clock.travel(self.clock.now + timedelta(**span))
        return self.now

    @property
    def app(self) -> App:
        """The Okta app that provisions Unleash."""
        return self.okta.apps[self.app_id]

    def person(self, who: Who) -> Person:
        """Find a person. Raises KeyError when there is none."""
        if isinstance(who, Person):
            return who
        return self.okta.people.get(who) or _only(
            self.okta.people.values(), lambda one: who in (one.login, one.email), who
        )

    def user_type(self, name: UserType | str) -> UserType:
        """Find a user type by name or id. Raises KeyError when there is none."""
        if isinstance(name, UserType):
            return name
        return self.okta.types.get(name) or _only(
            self.okta.types.values(), lambda one: one.name == name, name
        )

    def group(self, name: Group | str) -> Group:
        """Find an Okta group by name or id. Raises KeyError when there is none."""
        if isinstance(name, Group):
            return name
        return self.okta.groups.get(name) or _only(
            self.okta.groups.values(),
            lambda one: one.type == "OKTA_GROUP" and one.name == name,
            name,
        )

    def account(self, ref: AccountRef) -> Account:
        """Find an account of Unleash. Raises KeyError when there is none."""
        if isinstance(ref, Account):
            return ref
        if isinstance(ref, int):
            return self.unleash.accounts[ref]
        return _only(
            self.unleash.accounts.values(),
            lambda one: one.email == ref.lower() or one.username == ref,
            ref,
        )

    def team(self, name: Team | str) -> Team:
        """Find a group of Unleash by name. Raises KeyError when there is none."""
        if isinstance(name, Team):
            return name
        return _only(self.unleash.teams.values(), lambda one: one.name == name, name)

    def mapping(self, user_type: UserType | str) -> ProfileMapping | None:
        """Return the mapping from a user type to the app, if there is one."""
        source = self.user_type(user_type).id
        return next(
            (
                mapping
                for mapping in self.okta.mappings.values()
                if (mapping.source.id, mapping.target.id) == (source, self.app_id)
            ),
            None,
        )

    def has(self, feature: str) -> bool:
        """Whether the app provisions something: it is active and that flag is on."""
        return self.app.status == "ACTIVE" and feature in self.app.features


def actions_of(world: State) -> dict[str, Callable[..., object]]:
    """Return every action of a world by name."""
    return {name: getattr(world, name) for name in sorted(ACTION_NAMES) if hasattr(world, name)}


def _only(things: Iterable[Thing], wanted: Callable[[Thing], bool], name: str) -> Thing:
    for thing in things:
        if wanted(thing):
            return thing
    raise KeyError(name)
