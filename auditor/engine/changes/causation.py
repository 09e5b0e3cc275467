"""Which change brought a breach about. Pure.

Nothing is guessed: a change explains a finding when it touched the very thing that the finding's
evidence is about, and was there when the finding opened.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

from auditor.engine.changes.diff import Change
from auditor.rule.results import Evidence

C = TypeVar("C", bound=Change)

INSTANCE = "instance"
"""The subject of findings about all of Unleash."""


class ExplainingChanges(Generic[C]):
    """The changes of one target, ready to be asked about many findings."""

    def __init__(self, changes: Iterable[C]) -> None:
        self._by_collection: defaultdict[str, list[C]] = defaultdict(list)
        for change in changes:
            self._by_collection[change.collection].append(change)

    def of(
        self, subject: str, attribute: str, evidence: Iterable[Evidence], *, by: datetime
    ) -> C | None:
        """Return the latest change, first seen no later than ``by``, that touched what is wrong."""
        candidates = (
            change
            for each in evidence
            for change in self._by_collection.get(each.collection, ())
            if change.until <= by and _touches(change, subject, attribute, each)
        )
        return max(candidates, key=lambda change: change.until, default=None)


def _touches(change: Change, subject: str, attribute: str, evidence: Evidence) -> bool:
    """Compare ``mapping[oty1].email.expression`` with ``properties.email.expression`` of oty1.

    Every id in the path must be spoken of; its names must be those of the field, or the field
    must end in the first of them, as ``properties.email`` does when the whole attribute is gone.
    A finding about the instance as a whole, such as that no admin is left, is brought about by
    whatever of that kind went away or became another.
    """
    ids = set(re.findall(r"\[([^\]]+)\]", change.path))
    names = re.sub(r"\[[^\]]+\]", "", change.path).split(".")[1:]
    field = _words(evidence.field)
    if not (set(names) <= set(field) or field[-1:] == names[:1]):
        return False
    if subject == INSTANCE and ids:
        return change.before is not None
    spoken_of = {
        subject,
        attribute,
        *_words(subject),
        *field,
        *_words(evidence.observed),
        *_words(evidence.expected),
    }
    return ids <= spoken_of


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
