"""The record of a cause. Pure."""

from datetime import datetime

from msgspec import Struct

from auditor.engine.changes.diff import Change


class GroupedMember(Struct, frozen=True, kw_only=True):
    """A finding that is listed under a root cause and therefore is not open itself."""

    id: str
    rule: str
    subject: str


class Cause(Struct, frozen=True, kw_only=True):
    """A root cause or a change, with all findings that it explains.

    The open findings name the cause by :attr:`TrackedFinding.cause`. The cause closes when no
    finding is open, and none that was grouped is unknown.
    """

    id: str
    """Id of the finding that leads the cause when it opens. It never changes."""

    opened_at: datetime
    change: Change | None = None
    """The change that explains the findings, if one was read when the cause opened."""

    grouped: tuple[GroupedMember, ...] = ()
    """Sorted by id."""
