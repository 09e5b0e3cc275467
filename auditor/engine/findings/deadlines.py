"""The owner of a finding, and when it is due. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from auditor.rule.severity import Severity

DEFAULT_DEADLINES: Mapping[Severity, timedelta] = {
    Severity.CRITICAL: timedelta(days=1),
    Severity.HIGH: timedelta(days=7),
    Severity.MEDIUM: timedelta(days=30),
    Severity.LOW: timedelta(days=90),
}
"""Time from the opening of a finding to its due date."""


class Deadlines(Struct, frozen=True, kw_only=True):
    """Owners and due dates of one target."""

    within: Mapping[Severity, timedelta] = field(default_factory=lambda: DEFAULT_DEADLINES)
    owners: Mapping[str, str] = {}
    """Rule id to the owner of its findings."""

    owner: str | None = None
    """The owner of all other findings."""

    assigned: Mapping[str, str] = {}
    """Id of a cause to the owner that a user assigned."""

    def owner_of(self, rule: str, cause: str = "") -> str | None:
        """Return the owner of a finding: the assigned owner of its cause, else that of its rule."""
        return self.assigned.get(cause) or self.owners.get(rule, self.owner)

    def due_at(self, severity: Severity, opened_at: datetime) -> datetime:
        """Return when a finding that opened at that time is overdue."""
        return opened_at + self.within[severity]
