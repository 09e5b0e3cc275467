"""Which methods are actions, and that only one happens at a time."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from auditor.sandbox.actions.base import State

Method = TypeVar("Method", bound=Callable[..., object])
ACTION_NAMES: set[str] = set()


def action(method: Method) -> Method:
    """Mark something that a person can make happen, alone while it happens."""

    @wraps(method)
    def locked(world: "State", *args: object, **kwargs: object) -> object:
        with world.lock:
            return method(world, *args, **kwargs)

    ACTION_NAMES.add(method.__name__)
    return cast("Method", locked)


def actions_of(world: "State") -> dict[str, Callable[..., object]]:
    """Return every action of a world by name."""
    return {name: getattr(world, name) for name in sorted(ACTION_NAMES) if hasattr(world, name)}
