"""A builder of what users do about incidents: only the relevant fact shows."""

from datetime import datetime
from typing import Any

from auditor.engine.incidents.incident_action import (
    ActionKind,
    ActionOutcome,
    ActionVia,
    IncidentAction,
)
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import START


def action(
    incident: str = "",
    kind: ActionKind = ActionKind.ACKNOWLEDGE,
    *,
    at: datetime = START,
    key: str = "command/1",
    by: str = "Ada",
    **more: Any,
) -> IncidentAction:
    more.setdefault("target", TARGET.name)
    more.setdefault("via", ActionVia.COMMAND)
    return IncidentAction(key=key, incident=incident, kind=kind, at=at, by=by, **more)


def done(*args: Any, **more: Any) -> IncidentAction:
    """Return an action that was done."""
    return action(*args, outcome=ActionOutcome.DONE, **more)
