"""Which change explains a finding. Pure.

A change explains a finding when it is a change of a path that the finding's evidence is about, and
when it was there before the finding opened. Nothing else is compared.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Generic, TypeVar

from auditor.engine.changes.diff import Change
from auditor.rule.results import Evidence

_PART = re.compile(r"[.\[]")

C = TypeVar("C", bound=Change)


class ExplainingChanges(Generic[C]):
    """The changes of one target, by collection and field."""

    def __init__(self, changes: Iterable[C]) -> None:
        self._by_field: defaultdict[tuple[str, str], list[C]] = defaultdict(list)
        for change in changes:
            for field in _touched_fields(change):
                self._by_field[change.collection, field].append(change)

    def of(self, evidence: Iterable[Evidence], *, by: datetime) -> C | None:
        """Return the latest change, first seen no later than ``by``, of what is not as expected."""
        if not self._by_field:  # in most audits nothing changed, and each finding asks
            return None
        candidates = (
            change
            for each in evidence
            for change in self._by_field.get((each.collection, each.field), ())
            if change.until <= by
        )
        return max(candidates, key=lambda change: change.until, default=None)


def _touched_fields(change: Change) -> Iterator[str]:
    """Yield the path of the change, what it is a part of, and the list that it is an item of.

    ``admin`` stands for all admins. The removal of an admin explains that none is left; an added
    admin does not.
    """
    yield change.path
    for end in _PART.finditer(change.path):
        # An item that is added to a list cannot explain that the list lacks one.
        if end[0] == "." or change.before is not None:
            yield change.path[: end.start()]
