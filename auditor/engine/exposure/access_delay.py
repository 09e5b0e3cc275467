"""The record of one delay between a change of access in Okta and its effect in Unleash. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace


class DelayKind(StrEnum):
    """The kind of a delay."""

    LEAVER = "leaver"
    """A user lost the assignment or was deactivated in Okta; the account must be removed."""

    JOINER = "joiner"
    """A user was assigned in Okta; the account must be created."""


DelayKey = tuple[DelayKind, str, datetime]
"""Kind, user and time of the first known stage: the identity within a target."""


class AccessDelay(Struct, frozen=True, kw_only=True):
    """The three stages of one leaver or joiner. A stage without a time is unknown, never zero.

    It contains ids and times only, no names.
    """

    kind: DelayKind
    user: str
    """Okta user id; ``unleash:12`` if only the account is known."""

    at: datetime
    """The first stage that is known. With kind and user, it identifies the record."""

    account: str = ""
    """Unleash user id; empty if it is unknown."""

    changed_at: datetime | None = None
    """The user lost, or got, the assignment in Okta."""

    pushed_at: datetime | None = None
    """Okta's push succeeded."""

    ended_at: datetime | None = None
    """The account was removed, or created, in Unleash."""

    is_over: bool = False
    """The account was removed, or created, also if the time is unknown."""

    @property
    def key(self) -> DelayKey:
        """The identity of the record within a target."""
        return self.kind, self.user, self.at

    @property
    def took(self) -> timedelta | None:
        """The time from Okta to Unleash; ``None``: not over, or a time is unknown.

        The two services have separate clocks, so a small negative difference counts as none.
        """
        if self.changed_at is None or self.ended_at is None:
            return None
        return max(self.ended_at - self.changed_at, timedelta())

    def merged(self, later: "AccessDelay") -> "AccessDelay":
        """Return this record with the stages that a later audit read; a known stage stays."""
        return replace(
            self,
            account=self.account or later.account,
            changed_at=self.changed_at or later.changed_at,
            pushed_at=self.pushed_at or later.pushed_at,
            ended_at=self.ended_at or later.ended_at,
            is_over=self.is_over or later.is_over,
        )
