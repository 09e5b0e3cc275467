"""Builders of incidents as they were last notified: only the relevant fact shows."""

from typing import Any

from msgspec.structs import replace

from auditor.engine.incidents.incident import Incident, IncidentState, IncidentStatus
from auditor.rule.severity import Severity
from tests.support.builders.findings import START


def incident_state(cause: str = "c1", **changes: Any) -> IncidentState:
    """Return the state of an open incident."""
    state = IncidentState(
        rule="push-flag-off",
        title="Create Users is off: new users get no account",
        cause=cause,
        status=IncidentStatus.OPEN,
        severity=Severity.HIGH,
        since=START,
        dated=False,
        findings=1,
        lines=(),
    )
    return replace(state, **changes)


def incident(cause: str = "c1", **changes: Any) -> Incident:
    """Return the open incident of a cause; ``changes`` are those of its state."""
    state = incident_state(cause, **changes)
    return Incident(
        thread=f"incident/{cause}/1",
        state=state,
        notified_affected=state.affected,
        notified_at=START,
    )
