"""The world: an Okta org that provisions an Unleash instance, and the actions that change them."""

from datetime import datetime, timedelta
from typing import Self

from auditor.sandbox.worlds.empty_world import EmptyWorld
from auditor.sandbox.worlds.growth import grow, grow_crowd


class World(EmptyWorld):
    """A world that can be built with people in it. Pure state; no HTTP."""

    @classmethod
    def clean(
        cls,
        people: int = 12,
        *,
        at: datetime | None = None,
        ago: timedelta = timedelta(),
        seed: int = 1,
    ) -> Self:
        """Build a world that follows the guide exactly, grown over sixty days.

        Its clock runs from `ago` before now, or stands still at `ago` before `at`.
        """
        return grow(cls, people=people, at=at, ago=ago, seed=seed)

    @classmethod
    def crowd(cls, people: int, *, at: datetime | None = None, seed: int = 1) -> Self:
        """Build a clean world of very many people; every other one's email is not the login."""
        return grow_crowd(cls, people=people, at=at, seed=seed)
