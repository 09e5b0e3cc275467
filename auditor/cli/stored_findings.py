"""Stored findings with owner, due date, change and acknowledgement."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict, replace

from auditor.config.settings import Settings
from auditor.engine.audit_history import StoredChange, StoredFinding
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.incidents.incident import Acknowledgement, NotifiedState
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.store.store import Store

MIN_PREFIX = 4
"""Hex digits that a finding id must have at least."""

MAX_LISTED_IDS = 5
"""The most ids that are listed for an ambiguous prefix."""


class KnownFinding(StoredFinding, frozen=True, kw_only=True):
    """A stored finding with its deadline, the change that caused it and its acknowledgement."""

    owner: str | None
    due_at: datetime | None
    """``None``: it is not open, or it is waived."""

    resolved_after: timedelta | None
    """How long it was open, the last time."""

    change: StoredChange | None
    """The configuration change that explains it."""

    acknowledgement: Acknowledgement | None
    """Who paused the reminders of its incident, why and until when."""


class Findings(Struct, frozen=True, kw_only=True):
    """The findings of one target."""

    target: str
    findings: tuple[KnownFinding, ...]
    """Worst first."""


def stored_findings(
    store: "Store", settings: Settings, target: str, states: tuple[State, ...], now: datetime
) -> tuple[KnownFinding, ...]:
    """Return the findings of a target in these states, worst first."""
    findings = sorted(store.history.findings(target, *states), key=_worst_first)
    # A change that explains a finding can be as old as the finding.
    first = min((each.first_seen_at for each in findings), default=now)
    changes = ExplainingChanges(store.history.changes(target, since=first))
    notified_state = store.incidents.notified_state(target)
    owners = notified_state.owners if notified_state else {}
    deadlines = settings.deadlines(target, owners)
    acknowledgements = _acknowledgements(notified_state, now)
    return tuple(_known(each, deadlines, changes, acknowledgements) for each in findings)


def find_finding(store: "Store", targets: Sequence[str], prefix: str) -> StoredFinding:
    """Return the finding whose id starts with ``prefix``. Raises ConfigError if it is not one."""
    found = _with_prefix(store, targets, prefix)
    if len(found) > 1:
        raise _several(prefix, found)
    return found[0]


def whole_id(store: "Store", targets: Sequence[str], prefix: str) -> str:
    """Return the id that starts with ``prefix``; findings of several targets can have it.

    Raises ConfigError if there is no such id, or more than one.
    """
    found = _with_prefix(store, targets, prefix)
    if len({each.id for each in found}) > 1:
        raise _several(prefix, found)
    return found[0].id


def _with_prefix(store: "Store", targets: Sequence[str], prefix: str) -> list[StoredFinding]:
    if len(prefix) < MIN_PREFIX:
        msg = (
            f"{prefix}: too short for an id, which has at least {MIN_PREFIX} characters "
            "(`auditor findings --all` lists the ids)"
        )
        raise ConfigError(msg)
    found = [
        each
        for target in targets
        for each in store.history.findings(target, *State)
        if each.id.startswith(prefix.lower())
    ]
    if not found:
        msg = f"{prefix}: no finding has this id (`auditor findings --state all` lists the ids)"
        raise ConfigError(msg)
    return found


def _several(prefix: str, found: Sequence[StoredFinding]) -> ConfigError:
    listed = ", ".join(f"{each.id} ({each.target})" for each in found[:MAX_LISTED_IDS])
    # Targets of one org can have the same finding, such as one of a user type that all apps map.
    remedy = "use -t" if len({each.id for each in found}) == 1 else "use more digits, or -t"
    msg = f"{prefix}: {len(found)} findings have this id: {listed} ({remedy})"
    return ConfigError(msg)


def state_label(finding: KnownFinding, now: datetime) -> str:
    """Return the state that needs action first, in one or two words."""
    labels = (
        (finding.state is not State.OPEN, finding.state.value),
        (finding.waived, "waived"),
        (bool(finding.due_at and finding.due_at < now), "overdue"),
        (finding.transition is Transition.NOT_EVALUATED, Transition.NOT_EVALUATED.label),
        (finding.acknowledgement is not None, "acknowledged"),
        (finding.transition is Transition.NEW, Transition.NEW.label),
        (finding.transition is Transition.REOPENED, Transition.REOPENED.label),
    )
    return next((label for applies, label in labels if applies), "open")


def subject_of(finding: StoredFinding) -> str:
    """Return subject and attribute in the form that a waiver uses: ``oty1/email``."""
    return "/".join(filter(None, (finding.subject, finding.attribute)))


def without_api_call(finding: KnownFinding) -> KnownFinding:
    """Return the finding without the API call that fixes it: `auditor plan --calls` lists calls."""
    if not (finding.remediation and finding.remediation.api):
        return finding
    return replace(finding, remediation=replace(finding.remediation, api=None))


def _acknowledgements(
    notified_state: NotifiedState | None, now: datetime
) -> dict[str, Acknowledgement]:
    """Return the acknowledgements in force, by id of the cause."""
    incidents = notified_state.incidents if notified_state else {}
    return {
        cause: known
        for cause, each in incidents.items()
        if (known := each.state.acknowledgement) and known.holds(now)
    }


def _known(
    finding: StoredFinding,
    deadlines: Deadlines,
    changes: ExplainingChanges[StoredChange],
    acknowledgements: Mapping[str, Acknowledgement],
) -> KnownFinding:
    is_due = finding.state is State.OPEN and not finding.waived and finding.opened_at
    opened_at = finding.opened_at or finding.first_seen_at
    change = changes.of(finding.evidence, by=opened_at)
    stored = asdict(finding)
    stored["since"] = finding.since or (change and change.made_at)
    return KnownFinding(
        **stored,
        change=change,
        acknowledgement=acknowledgements.get(finding.cause) if is_due else None,
        owner=deadlines.owner_of(finding.rule, finding.cause),
        due_at=deadlines.due_at(finding.severity, is_due) if is_due else None,
        resolved_after=finding.took,
    )


def _worst_first(finding: StoredFinding) -> tuple[int, str, str, str]:
    return (-finding.severity.rank, finding.rule, finding.subject, finding.attribute)
