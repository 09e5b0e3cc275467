"""What all actions stand on: the state, its lock, and how to name things in it."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from auditor.sandbox.clock import Clock
from auditor.sandbox.ids import Ids
from auditor.sandbox.instance import Account, Instance, Team
from auditor.sandbox.org import (
    App,
    Group,
    LogEvent,
    LogTarget,
    Org,
    Person,
    ProfileMapping,
    UserType,
)

Given = ParamSpec("Given")
Result = TypeVar("Result")
Where = TypeVar("Where", bound="State")

Who = Person | str
"""A person of the org, or their login, email or id."""
AccountRef = Account | int | str
"""An account of the instance, or its id, email or username."""

SYSTEM_ACTOR = LogTarget(
    id="sprc00000000000SYSTEM",
    type="SystemPrincipal",
    name="Okta System",
    alternate_id="system@okta.com",
)
OKTA_ADMIN = "mira.torres@example.com"


def action(
    method: Callable[Concatenate[Where, Given], Result],
) -> Callable[Concatenate[Where, Given], Result]:
    """Mark something that a person can make happen, alone while it happens."""

    @wraps(method)
    def locked(world: Where, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with world.lock:
            return method(world, *args, **kwargs)

    locked.is_action = True  # type: ignore[attr-defined] -- read by actions_of
    return locked


def actions_of(world: "State") -> dict[str, Callable[..., object]]:
    """Return every action of a world by name."""
    return {
        name: getattr(world, name)
        for name in dir(type(world))
        if hasattr(getattr(type(world), name), "is_action")
    }


class State:
    """An org, an instance, a clock; looked up by the names people use."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 1) -> None:
        self.clock = clock or Clock(datetime.now(UTC), runs=True)
        self.ids = Ids(seed)
        self.lock = threading.RLock()
        self.okta = Org(id=self.ids.okta("00o"))
        self.unleash = Instance(id=self.ids.uuid())
        self.connector_refused = False
        """Whether Unleash refuses the connector's credentials."""
        self.failing: dict[str, str] = {}
        """Why the pushes of a person fail, by Okta user id."""

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.clock.now

    @action
    def advance(self, **span: float) -> datetime:
        """Let time pass (`hours=1`, `days=3` …) and return the new time."""
        self.clock.travel(self.clock.now + timedelta(**span))
        return self.now

    @property
    def app(self) -> App:
        """The Okta app that provisions Unleash."""
        return self.okta.apps[self.app_id]

    app_id: str

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
        """Whether a provisioning flag of the app is on."""
        return feature in self.app.features

    def write(
        self,
        event_type: str,
        message: str,
        *targets: LogTarget,
        by: Who | None = None,
        failed: str | None = None,
    ) -> None:
        """Add to the System Log; without an actor it is Okta's own doing."""
        self.okta.log.append(
            LogEvent(
                uuid=self.ids.uuid(),
                at=self.clock.tick(),
                type=event_type,
                message=message,
                actor=SYSTEM_ACTOR if by is None else self._actor(by),
                targets=targets,
                result="FAILURE" if failed else "SUCCESS",
                reason=failed,
            )
        )

    def app_target(
        self, change: tuple[Mapping[str, object], Mapping[str, object]] | None = None
    ) -> LogTarget:
        """Return the app as a log event names it."""
        app = self.app
        details = (dict(change[0]), dict(change[1])) if change else None
        return LogTarget(app.id, "AppInstance", app.label, app.label, details)

    def person_target(self, person: Person, kind: str = "User") -> LogTarget:
        """Return a person (or, as `AppUser`, their assignment) as a log event names it."""
        return LogTarget(person.id, kind, person.name, person.login)

    def _actor(self, who: Who) -> LogTarget:
        try:
            return self.person_target(self.person(who))
        except KeyError:
            login = str(who)
            name = login.partition("@")[0].replace(".", " ").title()
            return LogTarget("00u" + f"{sum(login.encode()):017d}", "User", name, login)


Thing = TypeVar("Thing")


def _only(things: Iterable[Thing], wanted: Callable[[Thing], bool], name: str) -> Thing:
    for thing in things:
        if wanted(thing):
            return thing
    raise KeyError(name)
