"""The tables [[waiver]] and [[attestation]] of auditor.toml."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic_core import InitErrorDetails

from auditor.config.values import Day, Table, Text, key, problem
from auditor.domain.waivers import Attestation, Waiver

TARGET_DESCRIPTION = "Name of the target. Default: every target."
TARGETS_DESCRIPTION = (
    "Names of several targets, or shell patterns for names, ignoring case. Default: every target."
)


class _TargetChoice(Table):
    target: str | None = key(None, TARGET_DESCRIPTION)
    targets: tuple[Text, ...] = key([], TARGETS_DESCRIPTION, examples=[["eu-*"]])

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        yield from super().conflicts(keys)
        if "target" in keys and "targets" in keys:
            yield problem("target and targets are both set", "keep one of them", at=("targets",))


class WaiverSettings(_TargetChoice):
    """A finding that is accepted until a date."""

    rule: Text = key(..., "Id of the rule.")
    owner: Text = key(..., "The person or team that accepts the finding.")
    reason: Text = key(..., "Why it is accepted.")
    expires: Day = key(..., "The last day on which the waiver counts, in UTC.")
    subject: Text = key(
        "*", "Subject of the finding, or a shell pattern for subjects and `subject/attribute`."
    )

    def record(self, target: str | None) -> Waiver:
        """Return the record that the core works with, for one target or for all."""
        return Waiver(
            rule=self.rule,
            owner=self.owner,
            reason=self.reason,
            expires=self.expires,
            subject=self.subject,
            target=target,
        )


class AttestationSettings(_TargetChoice):
    """A statement by a person about a fact that no API shows."""

    rule: Text = key(..., "Id of the rule.")
    by: Text = key(..., "The person who attests.")
    on: Day = key(..., "The day of the statement.")
    expires: Day = key(..., "The last day on which the attestation counts, in UTC.")
    evidence: Text = key(..., "Where the evidence is: a ticket, or the address of a screenshot.")
    subject: Text | None = key(
        None, "The part of the rule, when it has several. Default: the whole rule."
    )

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Refuse an attestation that expires before its day."""
        yield from super().conflicts(keys)
        on, expires = keys.get("on"), keys.get("expires")
        # "type", because a datetime is a date for isinstance, but cannot be compared with one.
        if type(on) is date and type(expires) is date and expires < on:
            what = f"is before the day of the statement, {on}"
            yield problem(what, "correct one of the two dates", at=("expires",))

    def record(self, target: str | None) -> Attestation:
        """Return the record that the core works with, for one target or for all."""
        return Attestation(
            rule=self.rule,
            by=self.by,
            on=self.on,
            expires=self.expires,
            evidence=self.evidence,
            subject=self.subject,
            target=target,
        )
