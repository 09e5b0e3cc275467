"""The silence of the auditor itself, told by whoever still runs: `serve`, or another target."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from auditor.config.settings import Settings
from auditor.deliver.outbox import Delivered, I
from auditor.deliver.telling import Store, channels_of, deliver
from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notices import silent
from auditor.engine.incidents.notification import Notification


class Memory(Store[I], Protocol[I]):
    """What is asked of a store."""

    def spoken(self, target: str) -> NotifiedState | None:
        """Return what must be known of what was told."""

    def tell(
        self,
        target: str,
        announcements: Iterable[Notification],
        channels: Iterable[str],
        *,
        at: datetime,
    ) -> None:
        """Put something into the outbox; a key that is there stays."""


def tell_silence(store: Memory[I], settings: Settings, now: Callable[[], datetime]) -> Delivered:
    """Tell, once for each silence, of targets that were not audited for ``alerts.stale_after``.

    What others could not tell, and is not due yet, is theirs to complain of.
    """
    at = now()
    for target in settings.targets:
        spoken = store.spoken(target.name)
        if spoken is None:
            continue
        said = silent(spoken.audited_at, target.name, at, settings.alerts.stale_after)
        if said:
            store.tell(target.name, (said,), channels_of(settings), at=at)
    return deliver(store, settings, now, of=())
