"""Whether the watch can read the logs, and whether a process polls and audits. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from auditor.domain.collections import EVENTS, LOG
from auditor.domain.remediation.missing_data import missing_data_remediation
from auditor.domain.snapshot import Snapshot
from auditor.engine.diagnostics.dependencies import KNOWN_ABSENT
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.engine.watch.watched_target import DueAudit, WatchedTarget, WatchTimes
from auditor.text import count, format_duration, format_time, list_some

LATE_AFTER_INTERVALS: Final = 3
"""A log without a poll for more intervals than this is late. One poll can fail or take long, and
the next one reads what it missed. A smaller number would warn of that; a larger one would report
a stopped process later."""

MAX_AUDIT_DELAY: Final = timedelta(minutes=10)
"""An audit that the watch has not done so long after it was due is late."""

MAX_LISTED: Final = 10

_LOGS = (
    ("Okta", LOG, "okta.logs.read"),
    ("Unleash", EVENTS, "Admin"),
)


class WatchFact(Struct, frozen=True, kw_only=True):
    """What the configuration and the store state about the watch."""

    is_enabled: bool
    """Whether ``auditor serve`` polls the logs."""

    interval: timedelta
    times: WatchTimes
    polled_at: Mapping[str, datetime | None]
    """URL of each org and each instance to its last poll; ``None``: it was never polled."""

    targets: tuple[WatchedTarget, ...] = ()


def check_log_access(snapshot: Snapshot) -> Iterator[HealthCheck]:
    """Yield one check for each log that the watch polls: whether an audit can read it now."""
    for side, collection, permission in _LOGS:
        gap = snapshot.lacks(collection)
        if gap is None:
            status, message = (
                HealthStatus.OK,
                f"{permission} lets the watch poll the log of {side}.",
            )
        else:
            is_absent = gap.why in KNOWN_ABSENT
            status = HealthStatus.NOTICE if is_absent else HealthStatus.WARNING
            message = (
                f"The log of {side} cannot be read: {gap}. The watch detects no change in {side}; "
                "scheduled audits do."
            )
        yield HealthCheck(
            area="watch",
            about=f"log of {side}",
            status=status,
            message=message,
            remediation=missing_data_remediation(collection.name, gap) if gap else "",
        )


def check_watch(fact: WatchFact, at: datetime) -> Iterator[HealthCheck]:
    """Yield whether the logs are polled and the audits that they start are done."""
    yield _check_polls(fact, at)
    # Without a poll, no audit is started, so none can be late.
    if any(fact.polled_at.values()):
        yield _check_audits(fact, at)


def _check_polls(fact: WatchFact, at: datetime) -> HealthCheck:
    times = [each for each in fact.polled_at.values() if each]
    if not times:
        return _check(
            "polls",
            HealthStatus.NOTICE,
            "No process has polled a log. Changes are detected by scheduled audits, not within "
            "minutes.",
            remediation="Run auditor serve or auditor watch with this configuration."
            if fact.is_enabled
            else "Set watch.enabled = true, or run auditor watch with this configuration.",
        )
    late = {
        origin: polled_at
        for origin, polled_at in sorted(fact.polled_at.items())
        if polled_at is None or at - polled_at > LATE_AFTER_INTERVALS * fact.interval
    }
    if not late:
        # A process can poll after the time of this check.
        lag = format_duration(max(at - min(times), timedelta()))
        return _check(
            "polls",
            HealthStatus.OK,
            f"{count(len(times), 'log')} polled, the oldest poll {lag} ago.",
        )
    return _check(
        "polls",
        # Without [watch] in serve, an old poll can be one that was started by hand.
        HealthStatus.WARNING if fact.is_enabled else HealthStatus.NOTICE,
        f"{len(late)} of {count(len(fact.polled_at), 'log')} not polled in time. A poll is due "
        f"every {fact.interval.total_seconds():.0f} seconds. Changes there are detected by "
        "scheduled audits only.",
        details=tuple(_last_poll(origin, late[origin], at) for origin in list(late)[:MAX_LISTED]),
        remediation=(
            "Run auditor serve or auditor watch. If it runs, poll_failed in its log states the "
            "error. If no process should watch, set watch.enabled = false."
            if fact.is_enabled
            else "Set watch.enabled = true, or run auditor watch with this configuration."
        ),
    )


def _last_poll(origin: str, polled_at: datetime | None, at: datetime) -> str:
    if polled_at is None:
        return f"{origin}: never"
    return f"{origin}: last poll {format_time(polled_at)}, {format_duration(at - polled_at)} ago"


def _check_audits(fact: WatchFact, at: datetime) -> HealthCheck:
    late = [
        f"{watched.target} ({kind} audit, due {format_time(due_at)})"
        for watched in fact.targets
        for kind in DueAudit
        if (due_at := watched.due_at(kind, fact.times)) and at - due_at > MAX_AUDIT_DELAY
    ]
    if not late:
        return _check("audits", HealthStatus.OK, "No audit that the watch starts is late.")
    return _check(
        "audits",
        HealthStatus.WARNING if fact.is_enabled else HealthStatus.NOTICE,
        f"{count(len(late), 'audit')} of the watch not done in time: "
        f"{list_some(late, len(late), MAX_LISTED)}.",
        remediation=(
            "The log of auditor serve or auditor watch states the error (targeted_audit_failed, "
            "full_audit_failed). auditor run does the audit now."
        ),
    )


def _check(
    about: str,
    status: HealthStatus,
    message: str,
    *,
    details: Sequence[str] = (),
    remediation: str = "",
) -> HealthCheck:
    return HealthCheck(
        area="watch",
        about=about,
        status=status,
        message=message,
        details=tuple(details),
        remediation=remediation,
    )
