"""Notifications about missing audits. No audit produces them."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.config.settings import Settings
from auditor.engine.incidents.notices import silent
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of
from auditor.pipeline.reports import deliver_with_reports

if TYPE_CHECKING:
    from auditor.store.store import Store


def notify_missing_audits(
    store: "Store", settings: Settings, now: Callable[[], datetime]
) -> Delivered:
    """Notify once about each target that was not audited for ``alerts.stale_after``.

    Delivers all other due notifications too. The result does not count items that are not due,
    because the audit of their target reports them.
    """
    at = now()
    for target in settings.targets:
        notified_state = store.incidents.notified_state(target.name)
        # Never audited: there is no time from which a gap could count.
        if notified_state is None:
            continue
        notice = silent(notified_state.audited_at, target.name, at, settings.alerts.stale_after)
        if notice:
            store.outbox.enqueue(target.name, (notice,), channels_of(settings), at=at)
    return deliver_with_reports(store, settings, now, of=())
