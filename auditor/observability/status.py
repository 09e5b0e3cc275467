"""The status of all configured targets, as the database states it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.config.settings import Settings
from auditor.domain.snapshot import RateLimit
from auditor.engine.audit_history import StoredAudit, StoredVerdict, Tally
from auditor.engine.exposure.exposure import Exposure
from auditor.store import Backlog, open_store
from auditor.text import format_time

if TYPE_CHECKING:
    from auditor.store.store import Store

EXPOSURE_PERIOD = timedelta(days=7)
"""The period of the metrics about leavers and joiners."""

MAX_DELIVERY_TIME = timedelta(hours=1)
"""A notification that waits for longer is overdue."""


class SystemStatus(Struct, frozen=True, kw_only=True):
    """What the health endpoints and the metrics are computed from."""

    last_audits: dict[str, StoredAudit | None]
    """Target to its last audit; ``None``: it has not been audited."""

    tallies: tuple[Tally, ...] = ()
    verdicts: tuple[StoredVerdict, ...] = ()
    """The current verdict of each rule on each target."""

    rate_limits: dict[str, tuple[RateLimit, ...]] = {}
    """Target to Okta's rate limits as its last audit observed them."""

    exposure: dict[str, Exposure] = {}
    """Target to the delays of leavers and joiners in the seven days before its last audit."""

    polled_at: dict[str, datetime] = {}
    """URL of each org and each Unleash instance of a target to the time of its last poll."""

    backlog: Backlog

    def stale(self, at: datetime, after: timedelta) -> Iterator[str]:
        """Yield one sentence for each target whose last audit is older than ``after``."""
        for target, audit in self.last_audits.items():
            if audit is None:
                yield f"{target} was never audited"
            elif at - audit.at > after:
                yield f"{target} was last audited at {format_time(audit.at)}"

    def has_overdue_notifications(self, at: datetime) -> bool:
        """Return whether a notification waits for longer than :data:`MAX_DELIVERY_TIME`."""
        oldest = self.backlog.oldest_at
        return oldest is not None and at - oldest > MAX_DELIVERY_TIME


def system_status(settings: Settings, *, must_exist: bool = False) -> SystemStatus:
    """Read the status of all configured targets.

    ``must_exist``: do not create the database. Raises :class:`~auditor.errors.StoreError`.
    """
    migrate = False if must_exist else None
    url = settings.store.database_url().reveal()
    with open_store(url, create=not must_exist, migrate=migrate) as store:
        return SystemStatus(
            last_audits={each.name: last_audit_of(store, each.name) for each in settings.targets},
            tallies=store.history.tallies(),
            verdicts=store.history.current_verdicts(),
            rate_limits=store.history.rate_limits(),
            exposure={
                each.name: store.delays.exposure(
                    each.name,
                    settings.sla_keys.delay_budgets,
                    since=audit.at - EXPOSURE_PERIOD,
                    until=audit.at,
                )
                for each in settings.targets
                if (audit := last_audit_of(store, each.name))
            },
            # Other configurations can share the database.
            polled_at={
                origin: at
                for origin, at in store.watch.polled_at().items()
                if origin in _origins(settings)
            },
            backlog=store.outbox.backlog(),
        )


def _origins(settings: Settings) -> set[str]:
    return {
        url for each in settings.targets for url in (each.target.org_url, each.target.unleash_url)
    }


def last_audit_of(store: "Store", target: str) -> StoredAudit | None:
    """Return the target's last audit."""
    return next(iter(store.history.audits(target, limit=1)), None)
