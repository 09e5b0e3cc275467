"""A builder of incidents: only the relevant fact shows."""

from typing import Any

from msgspec.structs import replace

from auditor.engine.incidents.incident import Incident, IncidentState, IncidentStatus
from auditor.rule.severity import Severity
from tests.support.builders.findings import START


def incident(cause: str, **changes: Any) -> Incident:
    """Return the open incident of a cause; ``changes`` are those of its state."""
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
    return Incident(
        thread=cause, state=replace(state, **changes), notified_affected=0, notified_at=START
    )
