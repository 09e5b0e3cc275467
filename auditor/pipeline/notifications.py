"""Notifications that no audit produces: missing audits, and acknowledgements."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.clock import utc_now
from auditor.config.settings import Settings
from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.decision import acknowledge
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
    """Tell, once for each silence, of targets that were not audited for ``alerts.stale_after``.

    What others could not tell, and is not due yet, is theirs to complain of.
    """
    at = now()
    for target in settings.targets:
        spoken = store.incidents.notified_state(target.name)
        if spoken is None:
            continue
        said = silent(spoken.audited_at, target.name, at, settings.alerts.stale_after)
        if said:
            store.outbox.enqueue(target.name, (said,), channels_of(settings), at=at)
    report = partial(report_url, settings.report)
    return deliver(store, settings, now, of=(), report_url=report)


class Acknowledged(Struct, frozen=True, kw_only=True):
    """An incident of a target that somebody knows of."""

    target: str
    rule: str
    ack: Acknowledgement
    instead_of: Acknowledgement | None = None
    """What somebody had said of it before, and still held."""


def acknowledge_incident(
    store: "Store", settings: Settings, target: str, wanted: str, ack: Acknowledgement
) -> Acknowledged | None:
    """Keep and announce it; return what was done, or ``None`` when no such incident is open."""
    with store.targets.lease(target, LOCK_TIMEOUT):
        at = utc_now()
        rules = {finding.id: finding.rule for finding in store.history.findings(target, State.OPEN)}
        rule = rules.get(wanted, wanted)
        spoken = store.incidents.notified_state(target)
        incident = spoken.incidents.get(rule) if spoken else None
        if spoken is None or incident is None or incident.card.standing is not IncidentStatus.OPEN:
            return None
        told = acknowledge(spoken, rule, ack, target=target, at=at)
        channels = channels_of(settings)
        store.outbox.enqueue(target, told.announcements, channels, at=at, spoken=told.spoken)
        before = incident.ack if incident.ack and incident.ack.until > at else None
        return Acknowledged(target=target, rule=rule, ack=ack, instead_of=before)
