"""Which waivers cover a finding, and which cover nothing any more. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

from msgspec import Struct

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.tracked_findings import TrackedFinding

_WILDCARDS = frozenset("*?[")


class WaiversOnTarget(Struct, frozen=True, kw_only=True, dict=True):
    """The waivers of one target on one day."""

    target: str
    valid: tuple[Waiver, ...]
    expired: tuple[Waiver, ...]

    @classmethod
    def of(cls, waivers: Iterable[Waiver], target: str, day: date) -> "WaiversOnTarget":
        """Return the waivers of ``target``, divided by whether they hold on ``day``."""
        own = [waiver for waiver in waivers if waiver.target in {None, target}]
        return cls(
            target=target,
            valid=tuple(waiver for waiver in own if waiver.expires >= day),
            expired=tuple(waiver for waiver in own if waiver.expires < day),
        )

    def covering(self, rule: str, subject: str, attribute: str) -> Waiver | None:
        """Return the first valid waiver that covers the finding."""
        if not self.valid:  # the usual case, asked twice for each finding
            return None
        keys = dict.fromkeys(((rule, subject), (rule, f"{subject}/{attribute}"), (rule, None)))
        numbers = sorted(number for key in keys for number in self._numbers.get(key, ()))
        in_order = (self.valid[number] for number in numbers)
        return next(
            (each for each in in_order if each.covers(rule, subject, attribute, self.target)),
            None,
        )

    @cached_property
    def _numbers(self) -> Mapping[tuple[str, str | None], Sequence[int]]:
        """Return the numbers of the valid waivers by rule and subject; a pattern has ``None``.

        A target can have a waiver for each of thousands of findings.
        """
        numbers: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
        for number, waiver in enumerate(self.valid):
            subject = None if _WILDCARDS.intersection(waiver.subject) else waiver.subject
            numbers[waiver.rule, subject].append(number)
        return numbers

    def unmatched(
        self, findings: Iterable[TrackedFinding], evaluated: Evaluated
    ) -> tuple[Waiver, ...]:
        """Return the valid waivers that cover none of ``findings``.

        A waiver of a rule that is unknown, or unknown in part, is not returned.
        """
        used = {self.covering(each.rule, each.subject, each.attribute) for each in findings}
        # A rule that is unknown can still have the finding that the waiver covers.
        uncertain = evaluated.unknown_rules | {rule for rule, _ in evaluated.unknown_subjects}
        return tuple(
            waiver for waiver in self.valid if waiver not in used and waiver.rule not in uncertain
        )
