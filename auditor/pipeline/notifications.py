"""Notifications that no audit produces: missing audits, and acknowledgements."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.clock import utc_now
from auditor.config.settings import Settings
from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.decision import acknowledge, find_incident
from auditor.engine.incidents.incident import Acknowledgement, IncidentStatus
from auditor.engine.incidents.notices import silent
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of, deliver
from auditor.pipeline.audit import LOCK_TIMEOUT
from auditor.pipeline.reports import report_url

if TYPE_CHECKING:
    from auditor.store.store import Store


def notify_missing_audits(
    store: "Store", settings: Settings, now: Callable[[], datetime]
) -> Delivered:
    """Notify once of each target that was not audited for ``alerts.stale_after``.

    Delivers all due notifications too. Items that are not due are not counted: the audit of their
    target reports them.
    """
    at = now()
    for target in settings.targets:
        notified_state = store.incidents.notified_state(target.name)
        if notified_state is None:
            continue
        notice = silent(notified_state.audited_at, target.name, at, settings.alerts.stale_after)
        if notice:
            store.outbox.enqueue(target.name, (notice,), channels_of(settings), at=at)
    report = partial(report_url, settings.report)
    return deliver(store, settings, now, of=(), report_url=report)


class Acknowledged(Struct, frozen=True, kw_only=True):
    """An acknowledged incident of a target."""

    target: str
    rule: str
    acknowledgement: Acknowledgement
    instead_of: Acknowledgement | None = None
    """The acknowledgement that this one replaces; ``None``: there was none, or it had ended."""


def acknowledge_incident(
    store: "Store", settings: Settings, target: str, wanted: str, acknowledgement: Acknowledgement
) -> Acknowledged | None:
    """Store an acknowledgement and notify of it; return ``None`` when no such incident is open."""
    with store.targets.lease(target, LOCK_TIMEOUT):
        at = utc_now()
        findings = store.history.findings(target, State.OPEN)
        notified_state = store.incidents.notified_state(target)
        incidents = notified_state.incidents if notified_state else {}
        incident_id = find_incident(incidents, findings, wanted)
        incident = incidents.get(incident_id) if incident_id else None
        if (
            notified_state is None
            or incident is None
            or incident_id is None
            or incident.state.status is not IncidentStatus.OPEN
        ):
            return None
        decision = acknowledge(notified_state, incident_id, acknowledgement, target=target, at=at)
        channels = channels_of(settings)
        store.outbox.enqueue(
            target, decision.notifications, channels, at=at, notified_state=decision.notified_state
        )
        before = (
            incident.acknowledgement
            if incident.acknowledgement and incident.acknowledgement.until > at
            else None
        )
        return Acknowledged(
            target=target,
            rule=incident.state.rule,
            acknowledgement=acknowledgement,
            instead_of=before,
        )
