"""The silence of the auditor itself, told by whoever still runs: `serve`, or another target."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.config.settings import Settings
from auditor.engine.incidents.notices import silent
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of, deliver

if TYPE_CHECKING:
    from auditor.store.store import Store


def tell_silence(store: "Store", settings: Settings, now: Callable[[], datetime]) -> Delivered:
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
    return deliver(store, settings, now, of=())
