"""What people vouch for and what they accept for a while: attestations and waivers. Pure."""

from datetime import date
from fnmatch import fnmatchcase

from msgspec import Struct


class Attestation(Struct, frozen=True, kw_only=True):
    """Somebody looked at what no API shows, and says that it is right."""

    rule: str
    by: str
    on: date
    expires: date
    """The last day on which it counts, in UTC."""

    evidence: str
    """Where the proof lies: a ticket, a screenshot's address."""

    subject: str | None = None
    """Which part of the rule, where it has several; ``None``: the whole rule."""

    target: str | None = None
    """``None``: every target."""

    def covers(self, rule: str, subject: str, target: str) -> bool:
        """Tell whether it is about ``subject`` of ``rule`` on ``target``, expired or not."""
        return (
            self.rule == rule and self.subject in {None, subject} and self.target in {None, target}
        )


class Waiver(Struct, frozen=True, kw_only=True):
    """A finding that is accepted, by somebody, for a reason, until a day."""

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
        """Tell whether it is about that finding, expired or not."""
        if self.rule != rule or self.target not in {None, target}:
            return False
        whole = f"{subject}/{attribute}" if attribute else subject
        return fnmatchcase(subject, self.subject) or fnmatchcase(whole, self.subject)
