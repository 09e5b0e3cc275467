"""The System Log before the part that an audit reads, as small facts. Pure.

Okta keeps its log for 90 days, and an audit reads only hours of it. From the time before, rules
need only a few facts: when an operation on a subject last succeeded and last failed, and who last
changed a mapping. So the last success and the last failure of each operation and subject are
stored, as events.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.log_text.failure_reasons import REFUSED, UNCLEAR, classify
from auditor.domain.okta import Log, LogEvent

PROFILE_UPDATE_EVENT: Final = "user.account.update_profile"
"""Names no app and is frequent: read for a short time only, and never kept as a fact."""

MAX_LOG_FACTS: Final = 50_000
"""Most facts of one app: about 25 MB in the database. The oldest are deleted, and
``complete_since`` becomes later."""


class LogFacts(Struct, frozen=True, kw_only=True):
    """The stored facts of the log of one app of one org."""

    until: datetime
    """The time up to which the log was read. The next audit continues there."""

    complete_since: datetime
    """The time from which the facts are complete. An earlier operation can be missing."""

    events: tuple[LogEvent, ...] = ()
    """Oldest first."""


def fold_events(events: Iterable[LogEvent]) -> tuple[LogEvent, ...]:
    """Return the last event of each operation, subject and outcome, oldest first."""
    latest: dict[tuple[str, ...], LogEvent] = {}
    for event in events:
        if event.type == PROFILE_UPDATE_EVENT:
            continue
        key = fact_key(event)
        known = latest.get(key)
        if known is None or _order(known) < _order(event):
            latest[key] = event
    return tuple(sorted(latest.values(), key=_order))


def fact_key(event: LogEvent) -> tuple[str, ...]:
    """Return the operation, its subject and its outcome: of events with one key the last counts.

    A failure that names refused credentials, or no clear reason, is kept beside a later failure of
    another kind. A note
    distinguishes switches that share an event type.
    """
    return (
        event.type,
        _subject(event),
        _outcome(event),
        (event.note or "")[:100],
    )


def _outcome(event: LogEvent) -> str:
    if event.result == "SUCCESS":
        return "success"
    reason = classify(event.reason)
    if reason in REFUSED:
        return "refused"
    return "unclear" if reason in UNCLEAR else "other"


def _subject(event: LogEvent) -> str:
    """Return the id of the user, else of the app user, else the ids of all targets."""
    for kind in ("User", "AppUser"):
        for target in event.targets:
            if target.type == kind and target.id:
                return target.id
    return " ".join(sorted({target.id for target in event.targets}))


def with_facts(log: Log, facts: LogFacts | None) -> Log:
    """Return the log with the facts that earlier audits stored of the time before it.

    Where the log does not continue from the facts, the time between is unknown: then only the log
    itself is complete. The facts are still true.
    """
    if facts is None:
        return log
    read = {event.id for event in log.events}
    earlier = fold_events(
        event
        for event in (*facts.events, *log.earlier)
        # Audits read 30 minutes of the log again, so one event can be in both.
        if event.published_at < log.since and event.id not in read
    )
    known_since = log.complete_since or log.since
    continues = facts.until >= known_since
    since = min(facts.complete_since, known_since) if continues else known_since
    return replace(log, earlier=earlier, complete_since=since)


def facts_of(log: Log) -> LogFacts:
    """Return the facts of a log for later audits."""
    events = fold_events((*log.earlier, *log.events))
    since = log.complete_since or log.since
    dropped, kept = events[:-MAX_LOG_FACTS], events[-MAX_LOG_FACTS:]
    if dropped:
        since = max(since, dropped[-1].published_at)
    return LogFacts(until=log.until, complete_since=since, events=kept)


def _order(event: LogEvent) -> tuple[datetime, str]:
    # The id decides between events of one time, so that the order of the pages does not matter.
    return event.published_at, event.id
