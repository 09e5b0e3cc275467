"""How each target stands by what is remembered, and whether that is recent enough."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.config.settings import Settings
from auditor.domain.snapshot import RateLimit
from auditor.engine.audit_history import StoredRun, Tally
from auditor.store import Backlog, open_store
from auditor.text import format_time

if TYPE_CHECKING:
    from auditor.store.store import Store


TELLING = timedelta(hours=1)
"""A message that waits for longer is not merely on its way."""


class SystemStatus(Struct, frozen=True, kw_only=True):
    """All that probes and metrics are made of."""

    runs: dict[str, StoredRun | None]
    """Target to its last audit; ``None``: it never had one."""

    tallies: tuple[Tally, ...] = ()
    rate_limits: dict[str, tuple[RateLimit, ...]] = {}
    """Target to what its last audit saw of Okta's rate limits."""

    backlog: Backlog

    def stale(self, at: datetime, after: timedelta) -> Iterator[str]:
        """Say which targets were not audited for longer than ``after``."""
        for target, run in self.runs.items():
            if run is None:
                yield f"{target} was never audited"
            elif at - run.at > after:
                yield f"{target} was last audited at {format_time(run.at)}"

    def has_overdue_notifications(self, at: datetime) -> bool:
        """Tell whether people were not reached for so long that somebody should know."""
        oldest = self.backlog.oldest_at
        return oldest is not None and at - oldest > TELLING


def system_status(settings: Settings, *, must_exist: bool = False) -> SystemStatus:
    """Read the status of all configured targets.

    ``must_exist``: do not create the database. Raises :class:`~auditor.errors.StoreError`.
    """
    existing: dict[str, bool] = {"create": False, "migrate": False} if must_exist else {}
    with open_store(settings.store.database_url().reveal(), **existing) as store:
        return SystemStatus(
            runs={each.name: last_audit_of(store, each.name) for each in settings.targets},
            tallies=store.history.tallies(),
            rate_limits=store.history.rate_limits(),
            backlog=store.outbox.backlog(),
        )


def last_audit_of(store: "Store", target: str) -> StoredRun | None:
    """Return the target's last audit."""
    return next(iter(store.history.runs(target, limit=1)), None)
