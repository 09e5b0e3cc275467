"""Which change explains a finding. Pure.

A change explains a finding when it is a change of a path that the finding's evidence is about, and
when it was there before the finding opened. Nothing else is compared.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

from auditor.engine.changes.diff import Change
from auditor.rule.results import Evidence

C = TypeVar("C", bound=Change)


class ExplainingChanges(Generic[C]):
    """The changes of one target, by collection."""

    def __init__(self, changes: Iterable[C]) -> None:
        self._by_collection: defaultdict[str, list[C]] = defaultdict(list)
        for change in changes:
            self._by_collection[change.collection].append(change)

    def of(self, evidence: Iterable[Evidence], *, by: datetime) -> C | None:
        """Return the latest change, first seen no later than ``by``, of what is not as expected."""
        candidates = (
            change
            for each in evidence
            for change in self._by_collection.get(each.collection, ())
            if change.until <= by and _touches(change, each.field)
        )
        return max(candidates, key=lambda change: change.until, default=None)


def _touches(change: Change, field: str) -> bool:
    """Return whether the change is of ``field``, of a part of it, or of one item of a list.

    ``admin`` stands for all admins. The removal of an admin explains that none is left; an added
    admin does not.
    """
    if change.path == field or change.path.startswith(f"{field}."):
        return True
    # An item that is added to a list cannot explain that the list lacks one.
    return change.path.startswith(f"{field}[") and change.before is not None
