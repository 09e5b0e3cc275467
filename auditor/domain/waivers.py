"""Attestations and waivers. Pure."""

from datetime import date
from fnmatch import fnmatchcase

from msgspec import Struct


class Attestation(Struct, frozen=True, kw_only=True):
    """A statement by a person about a fact that no API shows."""

    rule: str
    by: str
    on: date
    expires: date
    """The last day on which it counts, in UTC."""

    evidence: str
    """Where the proof is: a ticket, or the address of a screenshot."""

    subject: str | None = None
    """The part of the rule, if the rule has several; ``None``: the whole rule."""

    target: str | None = None
    """``None``: every target."""

    def covers(self, rule: str, subject: str, target: str) -> bool:
        """Return whether it covers ``subject`` of ``rule`` on ``target``, expired or not."""
        return (
            self.rule == rule and self.subject in {None, subject} and self.target in {None, target}
        )


class Waiver(Struct, frozen=True, kw_only=True):
    """An accepted finding, with an owner, a reason and an expiry."""

    rule: str
    owner: str
    reason: str
    expires: date
    """The last day on which it counts, in UTC."""

    subject: str = "*"
    """A subject, or a shell pattern over subjects and ``subject/attribute``."""

    target: str | None = None
    """``None``: every target."""

    def covers(self, rule: str, subject: str, attribute: str, target: str) -> bool:
        """Return whether it covers that finding, expired or not."""
        if self.rule != rule or self.target not in {None, target}:
            return False
        whole = f"{subject}/{attribute}" if attribute else subject
        # Equality first: fnmatch compiles each pattern, and there can be one for each finding.
        return (
            self.subject in {subject, whole}
            or fnmatchcase(subject, self.subject)
            or fnmatchcase(whole, self.subject)
        )
