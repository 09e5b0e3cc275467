"""Which findings are accepted for a while, and which acceptances accept nothing any more. Pure."""

from collections.abc import Iterable
from datetime import datetime

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import Evaluated


class Waivers:
    """The waivers of one target on one day."""

    def __init__(self, waivers: Iterable[Waiver], target: str, at: datetime) -> None:
        mine = [waiver for waiver in waivers if waiver.target in {None, target}]
        self._target = target
        self._valid = [waiver for waiver in mine if waiver.expires >= at.date()]
        self._used: set[Waiver] = set()
        self.expired = tuple(waiver for waiver in mine if waiver.expires < at.date())

    def over(self, rule: str, subject: str, attribute: str) -> Waiver | None:
        """Return the waiver in force for a finding."""
        for waiver in self._valid:
            if waiver.covers(rule, subject, attribute, self._target):
                self._used.add(waiver)
                return waiver
        return None

    def unmatched(self, evaluated: Evaluated) -> tuple[Waiver, ...]:
        """Return those that waived nothing, save where the rule could not look."""
        uncertain = evaluated.unknown_rules | {rule for rule, _ in evaluated.unknown_subjects}
        return tuple(
            waiver
            for waiver in self._valid
            if waiver not in self._used and waiver.rule not in uncertain
        )
