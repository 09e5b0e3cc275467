"""The polls of the watch: each org and each instance once in an interval, by one process."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from auditor.clock import Clock
from auditor.collect.http import ApiClient, Deadline
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import TARGETED_LIMITS
from auditor.collect.okta.authentication import okta_sign_in
from auditor.collect.okta.log_poll import CursorRejectedError, poll_log
from auditor.collect.unleash.event_poll import poll_events
from auditor.collect.unleash.unleash_collector import unleash_sign_in
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.domain.collections import EVENTS, LOG
from auditor.domain.okta import Log
from auditor.domain.privacy import pseudonymize
from auditor.domain.provisioning.log_events.watched_events import concerns, is_watched
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import EventLog
from auditor.engine.watch.unleash_events import is_watched_in_unleash
from auditor.engine.watch.watched_target import WatchedEvent
from auditor.errors import AuditorError
from auditor.module_log import log_warning
from auditor.store.store import Store
from auditor.store.watch.watch_repository import WatchCursor

POLL_OVERLAP = timedelta(minutes=30)
"""How far before the last poll a new cursor begins. Known events are not stored again."""

MAX_FIRST_POLL_PERIOD = timedelta(days=1)
"""How far back the first poll of an org reads: to the last full audit, and no further."""

CURSOR_LOST = "the position in the log was lost"


class PolledSource(Struct, frozen=True, kw_only=True):
    """An org or an Unleash instance, with the targets that share it."""

    origin: str
    is_org: bool
    targets: tuple[TargetSettings, ...]


class PollResult(Struct, frozen=True, kw_only=True):
    """The result of one poll."""

    origin: str
    events: int = 0
    """New events that concern a target."""

    error: str = ""


def sources_of(targets: Iterable[TargetSettings]) -> tuple[PolledSource, ...]:
    """Return each org and each instance of the targets once."""
    orgs: dict[str, list[TargetSettings]] = {}
    instances: dict[str, list[TargetSettings]] = {}
    for each in targets:
        orgs.setdefault(each.target.org_url, []).append(each)
        instances.setdefault(each.target.unleash_url, []).append(each)
    return tuple(
        PolledSource(origin=origin, is_org=is_org, targets=tuple(sharing))
        for is_org, found in ((True, orgs), (False, instances))
        for origin, sharing in found.items()
    )


def poll(store: Store, settings: Settings, source: PolledSource, now: Clock) -> PollResult | None:
    """Poll an org or an instance; ``None``: another process does it, or it is not due yet."""
    with store.watch.polling(source.origin) as is_free:
        if not is_free:
            return None
        cursor, at = store.watch.cursor(source.origin), now()
        # Another process may have polled just before. A time in the future does not count: the
        # clock was set back.
        if cursor and timedelta() <= at - cursor.at < settings.watch.interval:
            return None
        try:
            events = _poll(store, settings, source, cursor, at)
        except (CollectError, AuditorError) as error:
            return PollResult(origin=source.origin, error=str(error))
        return PollResult(origin=source.origin, events=events)


def _poll(
    store: Store,
    settings: Settings,
    source: PolledSource,
    cursor: WatchCursor | None,
    at: datetime,
) -> int:
    """Poll and store the events with the new position. Return the number of new events."""
    begin = cursor.at if cursor else _first_begin(store, source.targets, at)
    since = begin - POLL_OVERLAP
    position = cursor.position if cursor else None
    read = _poll_org if source.is_org else _poll_instance
    found = read(store, source, position, since, at)
    if found.is_lost:
        # What happened meanwhile may never be returned: a full audit reads the present state.
        log_warning("cursor_lost", origin=source.origin, consequence="full audits are started")
        found = replace(read(store, source, None, since, at), is_lost=True)
    events = found.events
    # On the first poll, the last full audit has read what happened before it.
    if cursor is None:
        events = tuple(each for each in events if each.published_at > begin)
    if settings.hides_identities:
        events = tuple(_without_names(settings, each) for each in events)
    full = {each.name: CURSOR_LOST for each in source.targets} if found.is_lost else {}
    return store.watch.record_poll(
        source.origin, WatchCursor(at=at, position=found.position), events, full
    )


class _Found(Struct, frozen=True, kw_only=True):
    events: tuple[WatchedEvent, ...] = ()
    position: dict[str, str] = {}
    is_lost: bool = False


def _poll_org(
    store: Store,
    source: PolledSource,
    position: Mapping[str, str] | None,
    since: datetime,
    at: datetime,
) -> _Found:
    del store
    # It is the log of the whole org, so the credential of any of its targets reads it.
    first = source.targets[0]
    apps = {app for each in source.targets for app in (each.okta.app_id, each.okta.sso_app_id)}
    sign_in = okta_sign_in(source.origin, first.credentials().okta)
    deadline = Deadline(TARGETED_LIMITS.audit)
    with ApiClient(source.origin, sign_in, limits=TARGETED_LIMITS, deadline=deadline) as org:
        try:
            found = poll_log(org, filter(None, apps), position, since)
        except CursorRejectedError:
            return _Found(is_lost=True)
    return _Found(
        position=found.position,
        events=tuple(
            WatchedEvent(
                target=each.name,
                id=f"okta/{event.id}",
                published_at=event.published_at,
                seen_at=at,
                okta=event,
            )
            for event in found.events
            if is_watched(event)
            for each in source.targets
            if concerns(event, each.target)
        ),
    )


def _poll_instance(
    store: Store,
    source: PolledSource,
    position: Mapping[str, str] | None,
    since: datetime,
    at: datetime,
) -> _Found:
    sign_in = unleash_sign_in(source.targets[0].credentials().unleash)
    deadline = Deadline(TARGETED_LIMITS.audit)
    with ApiClient(source.origin, sign_in, limits=TARGETED_LIMITS, deadline=deadline) as instance:
        found = poll_events(instance, position, since, at)
    admins = {each.name: store.watch.admin_ids(each.name) for each in source.targets}
    return _Found(
        position=found.position,
        is_lost=found.is_lost,
        events=tuple(
            WatchedEvent(
                target=each.name,
                id=f"unleash/{event.id}",
                published_at=event.created_at,
                seen_at=at,
                unleash=event,
            )
            for event in found.events
            for each in source.targets
            if is_watched_in_unleash(event, admins[each.name])
        ),
    )


def _first_begin(store: Store, targets: Iterable[TargetSettings], at: datetime) -> datetime:
    """Return the oldest of the targets' last full audits, at most a day ago; else now."""
    last = (store.history.audits(each.name, limit=1) for each in targets)
    return max(min((each[-1].at for each in last if each), default=at), at - MAX_FIRST_POLL_PERIOD)


def _without_names(settings: Settings, event: WatchedEvent) -> WatchedEvent:
    """Replace names by pseudonyms, as audits do, before anything is stored."""
    since, until = event.published_at, event.seen_at
    logs = {
        LOG.name: Log(since=since, until=until, events=(event.okta,) if event.okta else ()),
        EVENTS.name: EventLog(
            since=since, until=until, events=(event.unleash,) if event.unleash else ()
        ),
    }
    target = settings.target(event.target).target
    hidden = pseudonymize(Snapshot(target=target, taken_at=until, read=logs, missing={}))
    return replace(
        event,
        okta=next(iter(hidden[LOG].events), None),
        unleash=next(iter(hidden[EVENTS].events), None),
    )
