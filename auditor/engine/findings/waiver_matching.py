"""Which waivers cover a finding, and which cover nothing any more. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from msgspec import Struct

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import Evaluated


class Waivable(Protocol):
    """The identity of a finding."""

    @property
    def rule(self) -> str: ...  # noqa: D102  (the name states it)
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def attribute(self) -> str: ...  # noqa: D102


class WaiversOnTarget(Struct, frozen=True, kw_only=True):
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
        return next(
            (each for each in self.valid if each.covers(rule, subject, attribute, self.target)),
            None,
        )

    def unmatched(self, findings: Iterable[Waivable], evaluated: Evaluated) -> tuple[Waiver, ...]:
        """Return the valid waivers that cover none of ``findings``.

        A waiver of a rule that is unknown, or unknown in part, is not returned.
        """
        used = {self.covering(each.rule, each.subject, each.attribute) for each in findings}
        # A rule that is unknown can still have the finding that the waiver covers.
        uncertain = evaluated.unknown_rules | {rule for rule, _ in evaluated.unknown_subjects}
        return tuple(
            waiver for waiver in self.valid if waiver not in used and waiver.rule not in uncertain
        )
