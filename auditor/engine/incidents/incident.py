"""The incidents of a target as they were last notified, and what is counted for them. Pure."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.engine.causes.cause import Cause
from auditor.engine.changes.diff import Change
from auditor.rule.results import Evidence
from auditor.rule.severity import Severity


class IncidentStatus(StrEnum):
    """The status of an incident."""

    OPEN = "open"
    WAIVED = "waived"
    RESOLVED = "resolved"


class IncidentLink(Struct, frozen=True, kw_only=True):
    """A link; built from configured addresses and validated ids only."""

    label: str
    url: str


class Acknowledgement(Struct, frozen=True, kw_only=True):
    """A user acknowledged an incident: it has no reminders before ``until``."""

    by: str
    reason: str = ""
    until: datetime | None
    """``None``: until the incident is fixed."""

    slack_user: str = ""
    """Id of the Slack user; empty when it was not acknowledged in Slack."""

    def holds(self, at: datetime) -> bool:
        """Return whether it is in force."""
        return self.until is None or at < self.until


class IncidentOwner(Struct, frozen=True, kw_only=True):
    """The owner of a cause that a user assigned. It replaces the owner of the configuration."""

    name: str
    slack_user: str = ""
    """Id of the Slack user; empty when it was not assigned in Slack."""


class IncidentState(Struct, frozen=True, kw_only=True):
    """An incident as its message shows it. An equal state does not change the message."""

    rule: str
    """Rule of the finding that leads the cause, or :data:`NOT_EVALUATED`."""

    title: str
    """At most 60 characters."""

    cause: str = ""
    """Id of the cause; empty for :data:`NOT_EVALUATED`."""

    rules: tuple[str, ...] = ()
    """Rules of all open findings of the cause, sorted."""

    short_title: str = ""
    """At most 32 characters."""

    status: IncidentStatus
    severity: Severity
    since: datetime
    dated: bool
    """Whether ``since`` is the time of a record; otherwise it is when an audit first found it."""

    opened_at: datetime | None = None
    """When the oldest open finding opened. Due dates count from it."""

    until: datetime | None = None
    """When an audit found it resolved; ``None`` while it is not."""

    findings: int
    lines: tuple[str, ...]
    """The messages of the first findings."""

    summary: str = ""
    """One message for several findings of one rule; empty: there is none."""

    affected: int = 0
    is_counting: bool = False
    """A targeted audit found it: the next full audit counts the affected users."""

    people: tuple[str, ...] = ()
    """Names of the first ten affected users."""

    change: Change | None = None
    """The change that caused it."""

    steps: tuple[str, ...] = ()
    """The steps of the remediation."""

    fix: tuple[str, ...] = ()
    """The remediation in at most three sentences, without names."""

    links: tuple[IncidentLink, ...] = ()
    note: str = ""
    """Why it was not evaluated, who accepted it, or how it was resolved."""

    acknowledgement: Acknowledgement | None = None
    """The one in force at the last audit or action; only while the incident is open."""

    owner: IncidentOwner | None = None
    """``None``: the owner of the configuration."""


class FindingTrace(Struct, frozen=True, kw_only=True):
    """The evidence of a finding, so that the change that fixes it can be named."""

    rule: str = ""
    subject: str
    attribute: str
    evidence: tuple[Evidence, ...]


class Incident(Struct, frozen=True, kw_only=True):
    """A cause on a target, as it was last notified."""

    thread: str
    """Key of the root message that shows it; several incidents may share one."""

    state: IncidentState
    notified_affected: int
    """The number of affected users in the last notification."""

    notified_at: datetime
    """When the last notification about it was produced."""

    reminders: int = 0
    reminded_at: datetime | None = None
    """When the last reminder was produced; ``None``: there was none since it began."""

    traces: tuple[FindingTrace, ...] = ()
    """Those of the first findings."""


class NotEvaluatedRule(Struct, frozen=True, kw_only=True):
    """A rule that is unknown, and since when."""

    since: datetime
    audits: int
    """Audits in a row in which it was unknown."""

    notified: bool = False


class NotifiedState(Struct, frozen=True, kw_only=True):
    """The state of a target's notifications that the next audit needs."""

    audited_at: datetime
    """When the last audit took place."""

    incidents: dict[str, Incident] = {}
    """Id of the cause to the incident; :data:`NOT_EVALUATED` to the incident of unknown rules."""

    causes: dict[str, Cause] = {}
    """The open causes by id."""

    not_evaluated: dict[str, NotEvaluatedRule] = {}
    """Rule id to the rule and the time since which it is unknown."""

    unreported_changes: tuple[Change, ...] = ()
    """Changes that targeted audits recorded, and that explain no finding yet. The next full audit
    reports them."""

    warned: tuple[str, ...] = ()
    """Names of the expiry warnings that were sent; each name includes the date of expiry."""

    @property
    def owners(self) -> dict[str, str]:
        """Return the owner of each cause that a user assigned, by id of the cause."""
        return {
            cause: each.state.owner.name
            for cause, each in self.incidents.items()
            if each.state.owner
        }


NOT_EVALUATED = "not-evaluated"
"""The id and the rule of the incident of unknown rules."""
