"""From the two APIs to one snapshot: what was there, and why the rest was not seen."""

from auditor.collect.both_sides import Marks, collect
from auditor.collect.gathering import Progress
from auditor.collect.limits import Limits

__all__ = ["Limits", "Marks", "Progress", "collect"]
